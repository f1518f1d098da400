{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>{{LIST_NAME}}</h1>
{{#DESCRIPTION}}<p class="lead">{{DESCRIPTION}}</p>{{/DESCRIPTION}}
{{>templates/signup_box.html.tpl}}
<ul class="facts">
  <li><strong>Seconds, not minutes</strong> An alert leaves the newsroom and is in your inbox while it is still news.</li>
  <li><strong>Put right when wrong</strong> A correction goes to everyone who got the alert, and says so.</li>
  <li><strong>Easy to leave</strong> One click in any message, and it takes effect at once.</li>
</ul>
<script src="{{EMBED_JS}}" defer></script>
