{{%LAYOUT templates/desk_layout.html.tpl}}
<div class="settings" data-refresh>
<div class="head">
  <h1>How mail leaves</h1>
</div>
{{#HAS_ALERTS}}
<section aria-labelledby="running">
  <h2 id="running">On their way</h2>
  <ul class="plain">
    {{#ALERT}}
    <li><a href="/desk/alerts/{{ALERT_ID}}">{{ALERT_HEADLINE}}</a> <span class="soft num">{{ALERT_LEFT}} of {{ALERT_AUDIENCE}} left, {{ALERT_PERCENT}}{{#HAS_ALERT_ETA}}, {{ALERT_ETA}}{{/HAS_ALERT_ETA}}</span></li>
    {{/ALERT}}
  </ul>
</section>
{{/HAS_ALERTS}}
<section aria-labelledby="routes">
  <h2 id="routes">Routes</h2>
  {{#NO_ROUTES}}
  <p class="soft">No mail is on its way, and nothing holds up any route.</p>
  {{/NO_ROUTES}}
  {{#HAS_ROUTES}}
  <table class="rows routes">
    <thead><tr><th scope="col">To</th><th scope="col" class="num">Connections</th><th scope="col" class="num">Rate</th><th scope="col" class="num">Waiting</th><th scope="col">Why</th></tr></thead>
    <tbody>
      {{#ROUTE}}
      <tr>
        <td data-label="To"><b>{{NAME}}</b>{{#HAS_SITES}}<br><span class="soft sites">{{SITES}}</span>{{/HAS_SITES}}</td>
        <td data-label="Connections" class="num"><span>{{CONNECTIONS}} of {{CONNECTIONS_MAX}}</span></td>
        <td data-label="Rate" class="num"><span>{{RATE}}{{#LIMITED}} <span class="soft">of {{RATE_MAX}}</span>{{/LIMITED}}</span></td>
        <td data-label="Waiting" class="num"><span>{{WAITING}}{{#HAS_ETA}}<span class="soft">, {{ETA}}</span>{{/HAS_ETA}}</span></td>
        <td data-label="Why" class="why"><span>{{#IS_BROKEN}}<span class="tag tag-bad">Change needed</span> {{/IS_BROKEN}}{{#IS_SLOW}}<span class="tag">Held back</span> {{/IS_SLOW}}{{WHY}}</span></td>
      </tr>
      {{/ROUTE}}
    </tbody>
  </table>
  {{/HAS_ROUTES}}
  <p class="hint">Limits and the meaning of replies come from the file that <code>[delivery] rules</code> names in tocsin.toml, and from those that ship (<code>tocsin routes --defaults</code>).</p>
</section>
</div>
