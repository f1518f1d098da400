{{%LAYOUT templates/desk_layout.html.tpl}}
<div class="head">
  <h1>{{ADDRESS}}</h1>
  <a class="quiet" href="/desk/audience">Back to the audience</a>
</div>
{{#SUPPRESSED}}
<p class="notice notice-bad">Nothing is sent to this address: {{SUPPRESSED}}.</p>
{{/SUPPRESSED}}
<div class="columns">
  <section aria-labelledby="history">
    <h2 id="history">What they saw and did</h2>
    <ol class="history">
      {{#EVENT}}
      <li><time datetime="{{AT_ISO}}">{{AT}}</time><div><b>{{WHAT}}</b> {{WHERE}}<br><span class="soft">{{HOW}}</span>{{#WORDING}}<details class="more"><summary>The words they saw</summary><p>{{WORDING}}</p></details>{{/WORDING}}</div></li>
      {{/EVENT}}
    </ol>
  </section>
  <aside>
    <h2>Subscriptions</h2>
    <dl class="sums">
      {{#SUBSCRIPTION}}
      <div><dt>{{LIST_NAME}}</dt><dd>{{STATE}}</dd></div>
      {{/SUBSCRIPTION}}
      {{#PURPOSE}}
      <div><dt>{{PURPOSE_NAME}}</dt><dd>{{PURPOSE_STATE}}</dd></div>
      {{/PURPOSE}}
    </dl>
    <h2>Their rights</h2>
    <form class="stack" method="post" action="/desk/audience/reader/export">
      <input type="hidden" name="address" value="{{ADDRESS}}">
      <button type="submit">Export everything (JSON)</button>
    </form>
    {{#MAY_ERASE}}
    <form class="stack erase" method="post" action="/desk/audience/reader/erase">
      <input type="hidden" name="address" value="{{ADDRESS}}">
      <label class="field"><span>To erase this reader, type the address again</span>
        <input name="again" type="email" autocomplete="off" required maxlength="254">
      </label>
      <button class="alarm" type="submit">Erase for good</button>
    </form>
    {{/MAY_ERASE}}
  </aside>
</div>
