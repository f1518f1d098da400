{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>{{@preferences.title}}</h1>
<p class="lead">{{@manage.lead}}</p>
<form class="narrow" action="/preferences" method="post" novalidate>
  <label class="field">{{@box.email}} <input name="email" type="email" value="{{EMAIL}}" autocomplete="email" spellcheck="false" autocapitalize="none" maxlength="320" required{{#ERROR}} aria-invalid="true" aria-describedby="manage-error" autofocus{{/ERROR}}></label>
  {{#ERROR}}<p class="field-error" id="manage-error" role="alert">{{ERROR}}</p>{{/ERROR}}
  <p class="actions"><button class="button" type="submit">{{@manage.button}}</button></p>
</form>
