{{! The sign-up box; web/static/embed.js builds the same, embed_box.html.tpl is the same for other sites. Values: ACTION, TITLE, PRIVACY_URL; after a bad address also EMAIL, ERROR or SUGGESTION. }}
<section class="tocsin" aria-labelledby="tocsin-title">
  <p class="tocsin-kicker">Breaking news</p>
  <h2 class="tocsin-title" id="tocsin-title">{{TITLE}}</h2>
  <p class="tocsin-lead">Free, real-time breaking-news alerts, straight to your inbox</p>
  <form class="tocsin-form" id="tocsin-form" action="{{ACTION}}" method="post" accept-charset="utf-8" novalidate data-tocsin>
    <label class="tocsin-label" for="tocsin-email">Email address</label>
    <div class="tocsin-row">
      <input class="tocsin-email" id="tocsin-email" name="email" type="email" value="{{EMAIL}}" autocomplete="email" inputmode="email" spellcheck="false" autocapitalize="none" maxlength="320" required aria-describedby="tocsin-error tocsin-suggestion"{{#INVALID}} aria-invalid="true" autofocus{{/INVALID}}>
      <button class="tocsin-button" type="submit">Sign up</button>
    </div>
    <p class="tocsin-error" id="tocsin-error" role="alert" data-tocsin-error>{{ERROR}}</p>
    <p class="tocsin-suggestion" id="tocsin-suggestion" aria-live="polite" data-tocsin-suggestion>{{#SUGGESTION}}<button class="tocsin-use" type="submit" form="tocsin-suggested">Did you mean {{SUGGESTED_DOMAIN}}?</button>{{#AS_TYPED}} If the address is right, press SIGN UP again.{{/AS_TYPED}}{{/SUGGESTION}}</p>
    <label class="tocsin-check"><input type="checkbox" name="marketing" value="yes"{{#MARKETING}} checked{{/MARKETING}}> <span>I would like to be emailed about offers, events and updates</span></label>
    <p class="tocsin-small">We use your address only for what you choose here, and you can leave with one click. <a href="{{PRIVACY_URL}}">Privacy notice</a></p>
    <p class="tocsin-trap" aria-hidden="true"><label>Leave this empty <input type="text" name="contact_me_by_fax" tabindex="-1" autocomplete="off"></label></p>
    <input type="hidden" name="page_url" value="{{PAGE_URL}}">
    {{#AS_TYPED}}<input type="hidden" name="as_typed" value="{{AS_TYPED}}">{{/AS_TYPED}}
    {{#IN_FRAME}}<input type="hidden" name="frame" value="yes">{{/IN_FRAME}}
  </form>
  {{#SUGGESTION}}
  <form id="tocsin-suggested" action="{{ACTION}}" method="post" accept-charset="utf-8">
    <input type="hidden" name="email" value="{{SUGGESTION}}">
    <input type="hidden" name="as_typed" value="{{SUGGESTION}}">
    <input type="hidden" name="page_url" value="{{PAGE_URL}}">
    {{#MARKETING}}<input type="hidden" name="marketing" value="yes">{{/MARKETING}}
    {{#IN_FRAME}}<input type="hidden" name="frame" value="yes">{{/IN_FRAME}}
  </form>
  {{/SUGGESTION}}
</section>
