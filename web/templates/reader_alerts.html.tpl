{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>{{@alerts.title}}</h1>
<div class="columns">
<div>
{{#NO_ALERTS}}<p class="lead">{{@alerts.none}}</p>{{/NO_ALERTS}}
<ol class="alerts" reversed>
{{#ALERT}}  <li>
    {{#KIND}}<p class="kicker">{{KIND}}</p>{{/KIND}}
    <h2 dir="auto"><a href="{{ALERT_URL}}">{{HEADLINE}}</a></h2>
    <p dir="auto">{{SUMMARY}}</p>
    <p class="stamp"><time datetime="{{ISO_TIME}}">{{SHOWN_TIME}}</time>{{#MARKED}} · <strong>{{MARKED}}</strong>{{/MARKED}}</p>
  </li>
{{/ALERT}}
</ol>
</div>
<div class="side">
{{#BOX}}{{>templates/signup_box.html.tpl}}{{/BOX}}
<p class="small">{{@alerts.feeds}} <a href="/feed.atom">Atom</a>, <a href="/feed.json">JSON</a></p>
</div>
</div>
<script src="{{EMBED_JS}}" defer></script>
