{{%LAYOUT templates/reader_layout.html.tpl}}
<h1 dir="auto">{{LIST_NAME}}</h1>
{{#DESCRIPTION}}<p class="lead" dir="auto">{{DESCRIPTION}}</p>{{/DESCRIPTION}}
{{#INVALID}}<div class="errors" role="alert">
  <h2>{{@layout.problem}}</h2>
  <ul><li><a href="#tocsin-email">{{ERROR}}{{#AS_TYPED}}{{@box.meant}}{{/AS_TYPED}}</a></li></ul>
</div>{{/INVALID}}
{{>templates/signup_box.html.tpl}}
<ul class="facts">
  <li><strong>{{@signup.fast}}</strong> {{@signup.fast_why}}</li>
  <li><strong>{{@signup.right}}</strong> {{@signup.right_why}}</li>
  <li><strong>{{@signup.easy}}</strong> {{@signup.easy_why}}</li>
</ul>
<script src="{{EMBED_JS}}" defer></script>
