{{%LAYOUT templates/reader_layout.html.tpl}}
<h1 dir="auto">{{LIST_NAME}}</h1>
{{#DESCRIPTION}}<p class="lead" dir="auto">{{DESCRIPTION}}</p>{{/DESCRIPTION}}
{{>templates/signup_box.html.tpl}}
<ul class="facts">
  <li><strong>{{@signup.fast}}</strong> {{@signup.fast_why}}</li>
  <li><strong>{{@signup.right}}</strong> {{@signup.right_why}}</li>
  <li><strong>{{@signup.easy}}</strong> {{@signup.easy_why}}</li>
</ul>
<script src="{{EMBED_JS}}" defer></script>
