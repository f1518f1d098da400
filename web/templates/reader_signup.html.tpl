{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>{{LIST_NAME}}</h1>
{{#DESCRIPTION}}<p class="lead">{{DESCRIPTION}}</p>{{/DESCRIPTION}}
{{>templates/signup_box.html.tpl}}
<script src="{{EMBED_JS}}" defer></script>
