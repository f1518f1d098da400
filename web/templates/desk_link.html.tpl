{{%LAYOUT templates/desk_layout.html.tpl}}
<div class="door">
  <h1>Welcome, {{NAME}}</h1>
  <p class="lead">Choose a password for the desk. This link works once.</p>
  <form class="stack" method="post" action="{{ACTION}}">
    <input type="hidden" name="username" autocomplete="username" value="{{NAME}}">
    <label class="field"><span>New password</span>
      <input name="password" type="password" autocomplete="new-password" required minlength="12" maxlength="256" aria-describedby="rule">
    </label>
    <p class="hint" id="rule">At least 12 characters. A few unrelated words are easy to type and hard to guess.</p>
    <button class="go" type="submit">Set password and sign in</button>
  </form>
</div>
