{{%LAYOUT templates/desk_layout.html.tpl}}
<div class="door">
  <h1>{{TITLE}}</h1>
  <p class="lead">{{MESSAGE}}</p>
  <p><a class="button" href="{{BACK}}">{{BACK_TEXT}}</a></p>
</div>
