<link rel="stylesheet" href="{{ORIGIN}}/static/embed.css">
<section class="tocsin">
  <p class="tocsin-kicker">Breaking news</p>
  <h2 class="tocsin-title">{{TITLE}}</h2>
  <p class="tocsin-lead">Free, real-time breaking-news alerts, straight to your inbox</p>
  <form class="tocsin-form" action="{{ORIGIN}}/lists/{{LIST}}/signup" method="post" data-tocsin>
    <label class="tocsin-label" for="tocsin-email">Email address</label>
    <div class="tocsin-row">
      <input class="tocsin-email" id="tocsin-email" name="email" type="email" autocomplete="email" required>
      <button class="tocsin-button" type="submit">Sign up</button>
    </div>
    <label class="tocsin-check"><input type="checkbox" name="marketing" value="yes">
      <span>I would like to be emailed about offers, events and updates</span></label>
    <p class="tocsin-small">We use your address only for what you choose here, and you can leave with one click. <a href="{{PRIVACY_URL}}">Privacy notice</a></p>
  </form>
</section>
<script src="{{ORIGIN}}/embed.js" async></script>
