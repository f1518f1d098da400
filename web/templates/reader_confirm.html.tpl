{{%LAYOUT templates/reader_layout.html.tpl}}
<div class="card">
  <p class="kicker">One more step</p>
  <h1>Confirm your sign-up</h1>
  <p>Press the button and <span class="address">{{ADDRESS}}</span> gets the <strong>{{LIST_NAME}}</strong> email: free, real-time breaking-news alerts.</p>
  {{#MARKETING}}<p>You also asked to be emailed about offers, events and updates.</p>{{/MARKETING}}
  <form action="{{ACTION}}" method="post">
    {{#ALSO_ANY}}
    <fieldset>
      <legend>You also asked for</legend>
      {{#ALSO}}<label class="check"><input type="checkbox" name="also" value="{{ALSO_ID}}" checked> <strong>{{ALSO_NAME}}</strong></label>{{/ALSO}}
    </fieldset>
    {{/ALSO_ANY}}
    <p class="actions"><button class="button" type="submit">Confirm my sign-up</button></p>
  </form>
</div>
<p class="small">Was it not you? Close this page: without the button, nothing is sent.</p>
