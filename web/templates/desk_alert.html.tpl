{{%LAYOUT templates/desk_layout.html.tpl}}
<article class="watch{{#IS_OVER}} is-over{{/IS_OVER}}" data-watch="{{EVENTS_URL}}" data-released="{{RELEASED_MS}}">
  <header class="watch-head">
    <div>
      <p class="tags"><span class="tag{{#RUNNING}} tag-live{{/RUNNING}}{{#IS_STOPPED}} tag-bad{{/IS_STOPPED}}{{#IS_FINISHED}} tag-good{{/IS_FINISHED}}" data-live="state">{{STATE}}</span><span class="soft">{{KIND}} · {{LISTS}}</span></p>
      <h1 class="headline">{{HEADLINE}}</h1>
      <p class="soft">Released <time datetime="{{AT_ISO}}">{{AT}}</time>{{#APPROVED_BY}} · approved by {{APPROVED_BY}}{{/APPROVED_BY}}{{#ORIGINAL_HEADLINE}} · follows <a href="/desk/alerts/{{OF}}">{{ORIGINAL_HEADLINE}}</a>{{/ORIGINAL_HEADLINE}}</p>
    </div>
    {{#CAN_STOP}}
    <form method="post" action="/desk/alerts/{{ID}}/stop" data-stop><button class="alarm" type="submit" accesskey="s">Stop sending</button></form>
    {{/CAN_STOP}}
  </header>
  <section class="big-count" aria-label="Delivered">
    <p><b class="num" data-live="delivered">{{DELIVERED}}</b> <span>of <span data-live="audience">{{AUDIENCE}}</span> delivered</span></p>
    <progress data-live="progress" max="{{AUDIENCE_RAW}}" value="{{SETTLED_RAW}}">{{PERCENT}}</progress>
    <p class="soft" data-live="pace">{{PACE}}</p>
  </section>
  <section aria-label="The clock">
    <dl class="clock">
      <div><dt>First</dt><dd class="num" data-live="first_ms">{{FIRST}}</dd></div>
      <div><dt>Half</dt><dd class="num" data-live="p50_ms">{{P50}}</dd></div>
      <div><dt>90 %</dt><dd class="num" data-live="p90_ms">{{P90}}</dd></div>
      <div><dt>99 %</dt><dd class="num" data-live="p99_ms">{{P99}}</dd></div>
      <div><dt>Last</dt><dd class="num" data-live="last_ms">{{LAST}}</dd></div>
    </dl>
  </section>
  <div class="columns">
    <section aria-labelledby="curve-title">
      <h2 id="curve-title">Delivered over time</h2>
      <svg class="curve" viewBox="0 0 640 200" role="img" aria-label="Share of readers reached over time"><path class="grid" d="M0 20H640M0 65H640M0 110H640M0 155H640"/><path class="area" data-live="area" d="{{CURVE_AREA}}"/><path class="line" data-live="line" d="{{CURVE_LINE}}"/></svg>
      <p class="axis soft"><span>release</span><span data-live="axis">{{LAST}}</span></p>
      {{#SHOW_DOMAINS}}
      <div data-domains{{#NO_DOMAINS}} hidden{{/NO_DOMAINS}}>
      <h2>By provider</h2>
      <table class="rows" data-live="domains">
        <thead><tr><th scope="col">Domain</th><th scope="col" class="num">Delivered</th><th scope="col" class="num">Waiting</th><th scope="col" class="num">Failed</th><th scope="col" class="num">90 % in</th></tr></thead>
        <tbody>
          {{#DOMAIN}}
          <tr><td data-label="Domain">{{NAME}}</td><td data-label="Delivered" class="num">{{DOMAIN_DELIVERED}}</td><td data-label="Waiting" class="num">{{DOMAIN_DEFERRED}}</td><td data-label="Failed" class="num">{{DOMAIN_FAILED}}</td><td data-label="90 % in" class="num">{{DOMAIN_P90}}</td></tr>
          {{/DOMAIN}}
        </tbody>
      </table>
      </div>
      {{/SHOW_DOMAINS}}
      {{#HAS_FAILURES}}
      <h2>What servers said</h2>
      <table class="rows">
        <thead><tr><th scope="col">Answer</th><th scope="col">Outcome</th><th scope="col" class="num">Readers</th></tr></thead>
        <tbody>
          {{#FAILURE}}
          <tr><td data-label="Answer"><code>{{REPLY}}</code></td><td data-label="Outcome">{{OUTCOME}}</td><td data-label="Readers" class="num">{{COUNT}}</td></tr>
          {{/FAILURE}}
        </tbody>
      </table>
      {{/HAS_FAILURES}}
    </section>
    <aside>
      <h2>Outcomes</h2>
      <dl class="sums">
        <div><dt>Delivered</dt><dd class="num" data-live="delivered">{{DELIVERED}}</dd></div>
        <div><dt>On their way</dt><dd class="num" data-live="pending">{{PENDING}}</dd></div>
        <div><dt>To be tried again</dt><dd class="num" data-live="deferred">{{DEFERRED}}</dd></div>
        <div><dt>Failed</dt><dd class="num" data-live="failed">{{FAILED}}</dd></div>
        <div><dt>Expired</dt><dd class="num" data-live="expired">{{EXPIRED}}</dd></div>
        <div><dt>Left or suppressed</dt><dd class="num" data-live="suppressed">{{SUPPRESSED}}</dd></div>
        <div><dt>Answer lost</dt><dd class="num" data-live="unknown">{{UNKNOWN}}</dd></div>
        <div class="sum"><dt>Audience</dt><dd class="num" data-live="audience">{{AUDIENCE}}</dd></div>
      </dl>
      {{#MAY_WRITE}}
      <h2>What next</h2>
      <div class="stack">
        <a class="button" href="/desk/alerts/new?kind=update&amp;of={{ID}}">Write an update</a>
        <a class="button" href="/desk/alerts/new?kind=correction&amp;of={{ID}}">Correct it</a>
        <a class="button" href="/desk/alerts/new?kind=retraction&amp;of={{ID}}">Retract it</a>
      </div>
      {{/MAY_WRITE}}
      <p class="links">{{#MAY_READ_READERS}}<a href="/desk/alerts/{{ID}}/ledger.csv">Download who got it (CSV)</a><br>{{/MAY_READ_READERS}}<a href="{{PAGE_URL}}" target="_blank" rel="noopener">The alert on the web</a>{{#RUNNING}}<br><a href="/desk/routes">How mail leaves, and why so fast</a>{{/RUNNING}}</p>
      {{#HAS_FOLLOWERS}}
      <h2>Followed by</h2>
      <ul class="plain">
        {{#FOLLOWER}}
        <li><span class="tag">{{FOLLOWER_KIND}}</span> <a href="/desk/alerts/{{FOLLOWER_ID}}">{{FOLLOWER_HEADLINE}}</a></li>
        {{/FOLLOWER}}
      </ul>
      {{/HAS_FOLLOWERS}}
    </aside>
  </div>
</article>
