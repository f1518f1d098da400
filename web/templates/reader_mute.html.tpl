{{%LAYOUT templates/reader_layout.html.tpl}}
<div class="card">
  {{#ASK}}
  <h1>{{@mute.ask}}</h1>
  <p class="lead">{{@mute.what}}</p>
  <form action="{{ACTION}}" method="post"><p class="actions"><button class="button" type="submit">{{@mute.button}}</button> <a href="{{PREFERENCES_URL}}">{{@layout.preferences}}</a></p></form>
  {{/ASK}}
  {{#MUTED}}
  <h1>{{@mute.done}}</h1>
  <p class="lead" role="status">{{@mute.done_what}}</p>
  <p class="actions"><a href="{{PREFERENCES_URL}}">{{@mute.undo}}</a></p>
  {{/MUTED}}
</div>
