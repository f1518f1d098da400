{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>Your preferences</h1>
<p class="lead">Type your address and we send you a link to the page where you choose, leave, see or erase.</p>
<form class="narrow" action="/preferences" method="post" novalidate>
  <label class="field">Email address <input name="email" type="email" value="{{EMAIL}}" autocomplete="email" spellcheck="false" autocapitalize="none" maxlength="320" required{{#ERROR}} aria-invalid="true" aria-describedby="manage-error" autofocus{{/ERROR}}></label>
  {{#ERROR}}<p class="field-error" id="manage-error" role="alert">{{ERROR}}</p>{{/ERROR}}
  <p class="actions"><button class="button" type="submit">Send me the link</button></p>
</form>
