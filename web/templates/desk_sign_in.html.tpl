{{%LAYOUT templates/desk_layout.html.tpl}}
<div class="door">
  <h1>Sign in to the desk</h1>
  <form class="stack" method="post" action="/desk/sign-in">
    <input type="hidden" name="next" value="{{NEXT}}">
    <label class="field"><span>Name</span>
      <input name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64" value="{{NAME}}">
    </label>
    <label class="field"><span>Password</span>
      <input name="password" type="password" autocomplete="current-password" required maxlength="256">
    </label>
    <button class="go" type="submit">Sign in</button>
  </form>
  <p class="hint">No password yet, or forgotten it? An administrator can make you a one-time link.</p>
</div>
