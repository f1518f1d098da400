{{%LAYOUT templates/reader_layout.html.tpl}}
<div class="card">
  {{#ASK}}
  <h1>{{#LIST_NAME}}{{@unsubscribe.ask_list}}{{/LIST_NAME}}{{#ALL_LISTS}}{{@unsubscribe.ask_all}}{{/ALL_LISTS}}</h1>
  {{#ADDRESS}}<p>{{@unsubscribe.what <span class="address">}}</p>{{/ADDRESS}}
  <form action="{{ACTION}}" method="post">
    <input type="hidden" name="via" value="page">
    <p class="actions"><button class="button" type="submit">{{@unsubscribe.button}}</button> {{#MANAGE_URL}}<a href="{{MANAGE_URL}}">{{@unsubscribe.choose}}</a>{{/MANAGE_URL}}</p>
  </form>
  {{/ASK}}
  {{#DONE}}
  <h1>{{@unsubscribe.done}}</h1>
  <p>{{#LIST_NAME}}{{@unsubscribe.done_list}}{{/LIST_NAME}}{{#ALL_LISTS}}{{@unsubscribe.done_all}}{{/ALL_LISTS}}</p>
  <p class="actions">{{#AGAIN_URL}}<a class="button button-plain" href="{{AGAIN_URL}}">{{@unsubscribe.again}}</a>{{/AGAIN_URL}} {{#MANAGE_URL}}<a href="{{MANAGE_URL}}">{{@unsubscribe.others}}</a>{{/MANAGE_URL}}</p>
  {{/DONE}}
</div>
