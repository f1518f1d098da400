{{%LAYOUT templates/inbox_layout.html.tpl}}
<div class="empty">
  <h1 class="empty-title">{{HEADING}}</h1>
  <p>{{MESSAGE}}</p>
  <p><a href="/inbox">All mail</a></p>
</div>
