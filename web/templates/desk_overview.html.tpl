{{%LAYOUT templates/desk_layout.html.tpl}}
<div class="head">
  <h1>Alerts</h1>
  {{#MAY_WRITE}}
  <a class="button go" href="/desk/alerts/new">New alert</a>
  {{/MAY_WRITE}}
</div>
{{#HALTED}}
<p class="notice notice-bad" role="alert">Sending has stopped: {{HALTED}}</p>
{{/HALTED}}
{{#HAS_LIVE}}
<section aria-labelledby="live" data-refresh>
  <h2 id="live">On the wire now</h2>
  <ul class="cards">
    {{#LIVE}}
    <li class="card live">
      <a class="card-link" href="/desk/alerts/{{ID}}">
        <span class="tags"><span class="tag tag-live">{{KIND}}</span><span class="soft">{{LISTS}}</span></span>
        <span class="headline">{{HEADLINE}}</span>
        <progress max="{{AUDIENCE_RAW}}" value="{{SETTLED_RAW}}">{{PERCENT}}</progress>
        <span class="figures"><span><b>{{DELIVERED}}</b> of {{AUDIENCE}} delivered</span><span>{{RATE}}</span></span>
      </a>
    </li>
    {{/LIVE}}
  </ul>
</section>
{{/HAS_LIVE}}
{{#HAS_DRAFTS}}
<section aria-labelledby="drafts">
  <h2 id="drafts">Being written</h2>
  <ul class="cards">
    {{#DRAFT}}
    <li class="card">
      <a class="card-link" href="/desk/alerts/{{ID}}">
        <span class="tags"><span class="tag{{#APPROVED}} tag-good{{/APPROVED}}">{{STATE}}</span><span class="soft">{{KIND}} · {{LISTS}}</span></span>
        <span class="headline">{{HEADLINE}}</span>
        <span class="soft">{{AUTHOR}}, <time datetime="{{AT_ISO}}">{{AT}}</time></span>
      </a>
    </li>
    {{/DRAFT}}
  </ul>
</section>
{{/HAS_DRAFTS}}
<div class="columns">
  <section aria-labelledby="sent">
    <h2 id="sent">Sent</h2>
    {{#HAS_SENT}}
    <table class="rows">
      <thead><tr><th scope="col">Alert</th><th scope="col">Released</th><th scope="col" class="num">Delivered</th><th scope="col" class="num">90 % in</th></tr></thead>
      <tbody>
        {{#SENT}}
        <tr>
          <td data-label="Alert"><a class="headline" href="/desk/alerts/{{ID}}">{{HEADLINE}}</a>
            <span class="tags">{{#IS_FOLLOW_UP}}<span class="tag">{{KIND}}</span>{{/IS_FOLLOW_UP}}{{#IS_STOPPED}}<span class="tag tag-bad">Stopped</span>{{/IS_STOPPED}}<span class="soft">{{LISTS}}</span></span></td>
          <td data-label="Released" class="soft nowrap"><time datetime="{{AT_ISO}}">{{AT}}</time></td>
          <td data-label="Delivered" class="num"><span>{{DELIVERED}}<span class="soft"> of {{AUDIENCE}}</span>{{#FAILED}}<br><span class="bad">{{FAILED}} failed</span>{{/FAILED}}</span></td>
          <td data-label="90 % in" class="num">{{P90}}</td>
        </tr>
        {{/SENT}}
      </tbody>
    </table>
    {{#OLDER}}
    <p><a href="/desk?before={{OLDER}}">Older alerts</a></p>
    {{/OLDER}}
    {{/HAS_SENT}}
    {{#NONE_SENT}}
    <div class="empty">
      <p>Nothing has been sent yet.</p>
      {{#MAY_WRITE}}<p><a href="/desk/alerts/new">Write the first alert</a></p>{{/MAY_WRITE}}
    </div>
    {{/NONE_SENT}}
  </section>
  <aside aria-labelledby="lists">
    <h2 id="lists">Lists</h2>
    {{#LIST}}
    <a class="list-line" href="/desk/audience#list-{{SLUG}}"><span>{{NAME}}</span><b class="num">{{ACTIVE}}</b></a>
    {{/LIST}}
    {{#NO_LISTS}}
    <div class="empty"><p>There is no list yet.</p><p><a href="/desk/audience">Create one</a></p></div>
    {{/NO_LISTS}}
  </aside>
</div>
