{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>Latest alerts</h1>
<div class="columns">
<div>
{{#NO_ALERTS}}<p class="lead">Nothing has been sent yet. When news breaks, it is here and in readers' inboxes.</p>{{/NO_ALERTS}}
<ol class="alerts" reversed>
{{#ALERT}}  <li>
    {{#KIND}}<p class="kicker">{{KIND}}</p>{{/KIND}}
    <h2><a href="{{ALERT_URL}}">{{HEADLINE}}</a></h2>
    <p>{{SUMMARY}}</p>
    <p class="stamp"><time datetime="{{ISO_TIME}}">{{SHOWN_TIME}}</time>{{#MARKED}} · <strong>{{MARKED}}</strong>{{/MARKED}}</p>
  </li>
{{/ALERT}}
</ol>
</div>
<div class="side">
{{#BOX}}{{>templates/signup_box.html.tpl}}{{/BOX}}
<p class="small">Also as a feed: <a href="/feed.atom">Atom</a>, <a href="/feed.json">JSON</a></p>
</div>
</div>
<script src="{{EMBED_JS}}" defer></script>
