{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>{{@preferences.title}}</h1>
<p class="lead">{{@manage.lead}}</p>
{{#ERROR}}<div class="errors" role="alert">
  <h2>{{@layout.problem}}</h2>
  <ul><li><a href="#manage-email">{{ERROR}}</a></li></ul>
</div>{{/ERROR}}
<form class="narrow" action="/preferences" method="post" novalidate>
  <label class="field">{{@box.email}} <input id="manage-email" name="email" type="email" value="{{EMAIL}}" autocomplete="email" spellcheck="false" autocapitalize="none" maxlength="320" required{{#ERROR}} aria-invalid="true" aria-describedby="manage-error" autofocus{{/ERROR}}></label>
  {{#ERROR}}<p class="field-error" id="manage-error">{{ERROR}}</p>{{/ERROR}}
  <p class="actions"><button class="button" type="submit">{{@manage.button}}</button></p>
</form>
