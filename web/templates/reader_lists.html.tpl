{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>Alert emails</h1>
<p class="lead">Free, real-time breaking-news alerts from {{SITE}}, straight to your inbox.</p>
<ul class="alerts">
{{#LIST}}  <li>
    <h2><a href="{{LIST_URL}}">{{LIST_NAME}}</a></h2>
    {{#LIST_DESCRIPTION}}<p>{{LIST_DESCRIPTION}}</p>{{/LIST_DESCRIPTION}}
  </li>
{{/LIST}}
</ul>
{{#NO_LISTS}}<p>There are none yet.</p>{{/NO_LISTS}}
