<link rel="stylesheet" href="{{ORIGIN}}/static/embed.css">
<section class="tocsin" lang="{{LANG}}" dir="{{DIR}}">
  <p class="tocsin-kicker">{{@box.kicker}}</p>
  <h2 class="tocsin-title" dir="auto">{{TITLE}}</h2>
  <p class="tocsin-lead">{{@box.lead}}</p>
  <form class="tocsin-form" action="{{ORIGIN}}/lists/{{LIST}}/signup?lang={{LANG}}" method="post" data-tocsin>
    <label class="tocsin-label" for="tocsin-email">{{@box.email}}</label>
    <div class="tocsin-row">
      <input class="tocsin-email" id="tocsin-email" name="email" type="email" autocomplete="email" required>
      <button class="tocsin-button" type="submit">{{@box.button}}</button>
    </div>
    <label class="tocsin-check"><input type="checkbox" name="marketing" value="yes">
      <span>{{@box.marketing}}</span></label>
    <p class="tocsin-small">{{@box.promise}} <a href="{{PRIVACY_URL}}">{{@layout.privacy}}</a></p>
  </form>
</section>
<script src="{{ORIGIN}}/embed.js?lang={{LANG}}" async></script>
