{{%LAYOUT templates/reader_layout.html.tpl}}
<div class="card">
  {{#ASK}}
  <h1>{{@not_me.title}}</h1>
  <p>{{@not_me.what <span class="address">}}</p>
  <p>{{@not_me.press}}</p>
  <form action="{{ACTION}}" method="post"><p class="actions"><button class="button" type="submit">{{@not_me.button}}</button></p></form>
  {{/ASK}}
  {{#DONE}}
  <h1>{{@not_me.done}}</h1>
  <p>{{@not_me.done_what}}</p>
  {{/DONE}}
</div>
