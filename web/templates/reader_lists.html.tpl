{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>{{@lists.title}}</h1>
<p class="lead">{{@lists.lead}}</p>
<ul class="alerts">
{{#LIST}}  <li>
    <h2 dir="auto"><a href="{{LIST_URL}}">{{LIST_NAME}}</a></h2>
    {{#LIST_DESCRIPTION}}<p dir="auto">{{LIST_DESCRIPTION}}</p>{{/LIST_DESCRIPTION}}
  </li>
{{/LIST}}
</ul>
{{#NO_LISTS}}<p>{{@lists.none}}</p>{{/NO_LISTS}}
