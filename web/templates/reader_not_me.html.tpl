{{%LAYOUT templates/reader_layout.html.tpl}}
<div class="card">
  {{#ASK}}
  <h1>Was this not you?</h1>
  <p>Someone typed <span class="address">{{ADDRESS}}</span> into our sign-up form. Nothing was confirmed, so no alerts are sent.</p>
  <p>Press the button and we will not write to this address about sign-ups for a year, whoever types it.</p>
  <form action="{{ACTION}}" method="post"><p class="actions"><button class="button" type="submit">It was not me</button></p></form>
  {{/ASK}}
  {{#DONE}}
  <h1>Thank you. We will not write again</h1>
  <p>For a year, no sign-up form of ours will send a message to this address.</p>
  {{/DONE}}
</div>
