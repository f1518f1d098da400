{{%LAYOUT templates/reader_layout.html.tpl}}
<div class="card">
  <p class="kicker">{{@confirm.kicker}}</p>
  <h1>{{@confirm.title}}</h1>
  <p>{{@confirm.what <span class="address"> <strong>}}</p>
  {{#MARKETING}}<p>{{@confirm.marketing}}</p>{{/MARKETING}}
  <form action="{{ACTION}}" method="post">
    {{#ALSO_ANY}}
    <fieldset>
      <legend>{{@confirm.also}}</legend>
      {{#ALSO}}<label class="check"><input type="checkbox" name="also" value="{{ALSO_ID}}" checked> <strong dir="auto">{{ALSO_NAME}}</strong></label>{{/ALSO}}
    </fieldset>
    {{/ALSO_ANY}}
    <p class="actions"><button class="button" type="submit">{{@confirm.button}}</button></p>
  </form>
</div>
<p class="small">{{@confirm.not_you}}</p>
