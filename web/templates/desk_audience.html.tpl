{{%LAYOUT templates/desk_layout.html.tpl}}
<div class="head">
  <h1>Audience</h1>
</div>
<div class="columns">
  <section aria-labelledby="lists">
    <h2 id="lists">Lists</h2>
    {{#LIST}}
    <article class="card list-card" id="list-{{SLUG}}">
      <div class="list-top">
        <div><h3>{{NAME}}</h3><p class="soft">{{DESCRIPTION}}</p></div>
        <p class="list-count"><b class="num">{{ACTIVE}}</b> readers</p>
      </div>
      <p class="soft">{{PENDING}} not yet confirmed · {{LEFT}} have left · <a href="{{SIGNUP_URL}}" target="_blank" rel="noopener">Sign-up page</a>{{#MAY_READ_READERS}} · <a href="/desk/audience/lists/{{SLUG}}.csv">Export (CSV)</a>{{/MAY_READ_READERS}}</p>
      <details class="more"><summary>Sign-up box for your pages</summary>
        <p class="hint">Paste this where the box should stand. <a href="{{SNIPPET_URL}}" target="_blank" rel="noopener">Other ways, colours, and what your own policy must allow</a>.</p>
        <textarea class="code" rows="6" readonly aria-label="HTML of the sign-up box" data-copy>{{SNIPPET}}</textarea>
      </details>
    </article>
    {{/LIST}}
    {{#NO_LISTS}}
    <div class="empty"><p>A list is what readers subscribe to: &ldquo;Breaking news&rdquo;, &ldquo;Weather warnings&rdquo;.</p></div>
    {{/NO_LISTS}}
  </section>
  <aside>
    {{#MAY_READ_READERS}}
    <h2>One reader</h2>
    <form class="stack" method="post" action="/desk/audience/reader">
      <label class="field"><span>Email address</span>
        <input name="address" type="email" inputmode="email" autocomplete="off" spellcheck="false" required maxlength="254">
      </label>
      <button type="submit">Show history</button>
    </form>
    {{/MAY_READ_READERS}}
    {{#MAY_CHANGE_LISTS}}
    <h2>New list</h2>
    <form class="stack" method="post" action="/desk/audience/lists">
      <label class="field"><span>Name</span>
        <input name="name" required maxlength="200" value="{{NEW_NAME}}" placeholder="Breaking news">
      </label>
      <label class="field"><span>Short name in links</span>
        <input name="slug" required maxlength="64" pattern="[a-z0-9\-]+" autocapitalize="none" spellcheck="false" value="{{NEW_SLUG}}" placeholder="breaking">
      </label>
      <label class="field"><span>What readers get</span>
        <input name="description" maxlength="500" value="{{NEW_DESCRIPTION}}">
      </label>
      <label class="field"><span>Language it is written in</span>
        <select name="language">
          <option value="">The newsroom's</option>
          {{#LANGUAGE}}<option value="{{TAG}}" lang="{{TAG}}"{{#CHOSEN}} selected{{/CHOSEN}}>{{TAG_NAME}}</option>
          {{/LANGUAGE}}
        </select>
      </label>
      <button type="submit">Create list</button>
    </form>
    {{/MAY_CHANGE_LISTS}}
  </aside>
</div>
