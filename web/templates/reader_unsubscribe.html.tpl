{{%LAYOUT templates/reader_layout.html.tpl}}
<div class="card">
  {{#ASK}}
  <h1>Unsubscribe from {{#LIST_NAME}}the {{LIST_NAME}} email{{/LIST_NAME}}{{#ALL_LISTS}}all our emails{{/ALL_LISTS}}?</h1>
  {{#ADDRESS}}<p><span class="address">{{ADDRESS}}</span> will get no more of these alerts, from this moment on.</p>{{/ADDRESS}}
  <form action="{{ACTION}}" method="post">
    <input type="hidden" name="via" value="page">
    <p class="actions"><button class="button" type="submit">Unsubscribe</button> {{#MANAGE_URL}}<a href="{{MANAGE_URL}}">Choose what you get instead</a>{{/MANAGE_URL}}</p>
  </form>
  {{/ASK}}
  {{#DONE}}
  <h1>You are unsubscribed</h1>
  <p>You will get no more {{#LIST_NAME}}{{LIST_NAME}}{{/LIST_NAME}} emails. It took effect at once.</p>
  <p class="actions">{{#AGAIN_URL}}<a class="button button-plain" href="{{AGAIN_URL}}">Pressed by mistake? Sign up again</a>{{/AGAIN_URL}} {{#MANAGE_URL}}<a href="{{MANAGE_URL}}">Your other emails</a>{{/MANAGE_URL}}</p>
  {{/DONE}}
</div>
