{{%LAYOUT templates/desk_layout.html.tpl}}
<div class="settings">
<div class="head">
  <h1>Settings</h1>
</div>
{{#FRESH}}
<div class="notice fresh" role="status">
  <p><b>{{FRESH_TITLE}}</b> It is shown this once: copy it now.</p>
  <textarea class="code" rows="2" readonly aria-label="{{FRESH_TITLE}}" data-copy>{{FRESH}}</textarea>
</div>
{{/FRESH}}
<section aria-labelledby="how">
  <h2 id="how">How Tocsin is set up</h2>
  <dl class="facts">
    {{#SETTING}}
    <div><dt>{{NAME}}</dt><dd>{{VALUE}}</dd></div>
    {{/SETTING}}
  </dl>
  <p class="hint">These come from tocsin.toml; <code>tocsin config check</code> explains every key. <a href="/desk/routes">How mail leaves right now</a></p>
</section>
{{#MAY_CONFIGURE}}
<section aria-labelledby="people">
  <h2 id="people">People</h2>
  <table class="rows">
    <thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">State</th><th scope="col"><span class="hide">Actions</span></th></tr></thead>
    <tbody>
      {{#PERSON}}
      <tr><td data-label="Name">{{PERSON_NAME}}</td><td data-label="Role">{{PERSON_ROLE}}</td><td data-label="State">{{PERSON_STATE}}</td>
        <td class="row-actions">
          {{#ENABLED}}
          <form method="post" action="/desk/settings/people/{{PERSON_ID}}/link"><button class="quiet" type="submit">One-time link</button></form>
          {{#NOT_SELF}}<form method="post" action="/desk/settings/people/{{PERSON_ID}}/disable"><button class="quiet" type="submit">Disable</button></form>{{/NOT_SELF}}
          {{/ENABLED}}
          {{#DISABLED}}
          <form method="post" action="/desk/settings/people/{{PERSON_ID}}/enable"><button class="quiet" type="submit">Enable</button></form>
          {{/DISABLED}}
        </td></tr>
      {{/PERSON}}
    </tbody>
  </table>
  <form class="inline" method="post" action="/desk/settings/people">
    <label class="field"><span>Name</span><input name="name" required maxlength="64" autocomplete="off"></label>
    <label class="field"><span>Role</span>
      <select name="role">
        <option value="writer">Writer: writes</option>
        <option value="editor" selected>Editor: writes, approves, releases</option>
        <option value="audience">Audience: lists and readers</option>
        <option value="administrator">Administrator: people and machine</option>
        <option value="auditor">Auditor: reads</option>
      </select>
    </label>
    <button type="submit">Add person</button>
  </form>
</section>
<section aria-labelledby="tokens">
  <h2 id="tokens">API tokens</h2>
  {{#HAS_TOKENS}}
  <table class="rows">
    <thead><tr><th scope="col">Used by</th><th scope="col">May</th><th scope="col">Expires</th><th scope="col"><span class="hide">Actions</span></th></tr></thead>
    <tbody>
      {{#TOKEN}}
      <tr><td data-label="Used by">{{TOKEN_NAME}}</td><td data-label="May"><code>{{TOKEN_SCOPES}}</code></td><td data-label="Expires">{{TOKEN_EXPIRES}}</td>
        <td class="row-actions"><form method="post" action="/desk/settings/tokens/{{TOKEN_ID}}/revoke"><button class="quiet" type="submit">Revoke</button></form></td></tr>
      {{/TOKEN}}
    </tbody>
  </table>
  {{/HAS_TOKENS}}
  <form class="inline" method="post" action="/desk/settings/tokens">
    <label class="field"><span>Used by</span><input name="name" required maxlength="64" placeholder="CMS" autocomplete="off"></label>
    <fieldset class="field checks"><legend>May</legend>
      <label class="check"><input type="checkbox" name="scopes" value="read" checked><span>read alerts and lists</span></label>
      <label class="check"><input type="checkbox" name="scopes" value="alerts:draft" checked><span>write drafts</span></label>
      <label class="check"><input type="checkbox" name="scopes" value="alerts:release"><span>release without a person</span></label>
      <label class="check"><input type="checkbox" name="scopes" value="lists"><span>change lists</span></label>
      <label class="check"><input type="checkbox" name="scopes" value="subscribers"><span>read and change readers</span></label>
    </fieldset>
    <label class="field"><span>Expires</span>
      <select name="expires"><option value="30d">in 30 days</option><option value="90d" selected>in 90 days</option><option value="365d">in a year</option><option value="never">never</option></select>
    </label>
    <button type="submit">Create token</button>
  </form>
</section>
<section aria-labelledby="audit">
  <h2 id="audit">Who did what</h2>
  <table class="rows audit">
    <thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Which</th></tr></thead>
    <tbody>
      {{#AUDIT}}
      <tr><td data-label="When" class="nowrap soft"><time datetime="{{AT_ISO}}">{{AT}}</time></td><td data-label="Who">{{ACTOR}}</td><td data-label="What">{{ACTION}}</td><td data-label="Which">{{WHICH}} <span class="soft">{{DETAIL}}</span></td></tr>
      {{/AUDIT}}
    </tbody>
  </table>
</section>
{{/MAY_CONFIGURE}}
</div>
