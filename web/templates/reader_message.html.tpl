{{%LAYOUT templates/reader_layout.html.tpl}}
<div class="card">
  {{#KICKER}}<p class="kicker">{{KICKER}}</p>{{/KICKER}}
  <h1>{{HEADING}}</h1>
  <p class="lead">{{MESSAGE}}</p>
  {{#DETAIL}}<p>{{DETAIL}}</p>{{/DETAIL}}
  {{#LINK}}<p class="actions"><a class="button" href="{{LINK_URL}}">{{LINK_TEXT}}</a></p>{{/LINK}}
</div>
