{{! The sign-up box; web/static/embed.js builds the same, embed_box.html.tpl is the same for other sites. Values: ACTION, TITLE, PRIVACY_URL; after a bad address also EMAIL, ERROR or SUGGESTION. }}
<section class="tocsin" aria-labelledby="tocsin-title">
  <p class="tocsin-kicker">{{@box.kicker}}</p>
  <h2 class="tocsin-title" id="tocsin-title" dir="auto">{{TITLE}}</h2>
  <p class="tocsin-lead">{{@box.lead}}</p>
  <form class="tocsin-form" id="tocsin-form" action="{{ACTION}}" method="post" accept-charset="utf-8" novalidate data-tocsin>
    <label class="tocsin-label" for="tocsin-email">{{@box.email}}</label>
    <p class="tocsin-error" id="tocsin-error" role="alert" data-tocsin-error>{{ERROR}}</p>
    <div class="tocsin-row">
      <input class="tocsin-email" id="tocsin-email" name="email" type="email" value="{{EMAIL}}" autocomplete="email" inputmode="email" spellcheck="false" autocapitalize="none" maxlength="320" required aria-describedby="tocsin-error tocsin-suggestion"{{#INVALID}} aria-invalid="true" autofocus{{/INVALID}}>
      <button class="tocsin-button" type="submit">{{@box.button}}</button>
    </div>
    <p class="tocsin-suggestion" id="tocsin-suggestion" aria-live="polite" data-tocsin-suggestion>{{#SUGGESTION}}<button class="tocsin-use" type="submit" form="tocsin-suggested">{{@box.meant}}</button>{{#AS_TYPED}} {{@box.as_typed}}{{/AS_TYPED}}{{/SUGGESTION}}</p>
    <label class="tocsin-check"><input type="checkbox" name="marketing" value="yes"{{#MARKETING}} checked{{/MARKETING}}> <span>{{@box.marketing}}</span></label>
    <p class="tocsin-small">{{@box.promise}} <a href="{{PRIVACY_URL}}">{{@layout.privacy}}</a></p>
    <p class="tocsin-trap" aria-hidden="true"><label>{{@box.trap}} <input type="text" name="contact_me_by_fax" tabindex="-1" autocomplete="off"></label></p>
    <input type="hidden" name="page_url" value="{{PAGE_URL}}">
    <input type="hidden" name="form_time" value="{{FORM_TIME}}">
    {{#AS_TYPED}}<input type="hidden" name="as_typed" value="{{AS_TYPED}}">{{/AS_TYPED}}
    {{#IN_FRAME}}<input type="hidden" name="frame" value="yes">{{/IN_FRAME}}
  </form>
  {{#SUGGESTION}}
  <form id="tocsin-suggested" action="{{ACTION}}" method="post" accept-charset="utf-8">
    <input type="hidden" name="email" value="{{SUGGESTION}}">
    <input type="hidden" name="as_typed" value="{{SUGGESTION}}">
    <input type="hidden" name="page_url" value="{{PAGE_URL}}">
    <input type="hidden" name="form_time" value="{{FORM_TIME}}">
    {{#MARKETING}}<input type="hidden" name="marketing" value="yes">{{/MARKETING}}
    {{#IN_FRAME}}<input type="hidden" name="frame" value="yes">{{/IN_FRAME}}
  </form>
  {{/SUGGESTION}}
</section>
