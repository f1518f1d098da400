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
  {{#SENDS_NOTHING}}
  <p class="soft">This machine shows pages and sends no mail: ask one that does.</p>
  {{/SENDS_NOTHING}}
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
  {{#OWN_ROUTES}}
  <p class="hint">These are the routes of the machine that shows this page.</p>
  {{/OWN_ROUTES}}
  <p class="hint">Limits and the meaning of replies come from the file that <code>[delivery] rules</code> names in tocsin.toml, and from those that ship (<code>tocsin routes --defaults</code>).</p>
</section>
{{#HAS_NODES}}
<section aria-labelledby="machines">
  <h2 id="machines">Machines</h2>
  <table class="rows routes">
    <thead><tr><th scope="col">Name</th><th scope="col">Does</th><th scope="col">State</th><th scope="col" class="num">Rate</th><th scope="col" class="num">Connections</th><th scope="col" class="num"><abbr title="Parts of running alerts that it holds">Parts</abbr></th><th scope="col" class="num"><abbr title="Its own clock's distance from the database's">Clock</abbr></th><th scope="col">Version</th></tr></thead>
    <tbody>
      {{#NODE}}
      <tr>
        <td data-label="Name"><b>{{NODE_NAME}}</b>{{#IS_SELF}}<br><span class="soft">shows this page</span>{{/IS_SELF}}</td>
        <td data-label="Does"><span>{{NODE_ROLE}}</span></td>
        <td data-label="State" class="why"><span>{{#IS_ALIVE}}alive{{/IS_ALIVE}}{{#IS_DEAD}}<span class="tag tag-bad">Gone</span> not seen for {{NODE_SEEN}}{{/IS_DEAD}}{{#IS_TROUBLED}}<span class="tag tag-bad">Sends nothing</span> {{NODE_TROUBLE}}{{/IS_TROUBLED}}</span></td>
        <td data-label="Rate" class="num"><span>{{NODE_RATE}}</span></td>
        <td data-label="Connections" class="num"><span>{{NODE_CONNECTIONS}}</span></td>
        <td data-label="Parts" class="num"><span>{{NODE_PARTITIONS}}</span></td>
        <td data-label="Clock" class="num"><span>{{NODE_SKEW}}</span></td>
        <td data-label="Version"><span>{{NODE_VERSION}}</span></td>
      </tr>
      {{/NODE}}
    </tbody>
  </table>
</section>
{{/HAS_NODES}}
</div>
