{{%LAYOUT templates/desk_layout.html.tpl}}
<div class="review">
  <div class="review-facts">
    <p class="tags"><span class="tag{{#APPROVED}} tag-good{{/APPROVED}}">{{STATE}}</span><span class="soft">{{KIND}}</span></p>
    <h1 class="headline">{{HEADLINE}}</h1>
    <p class="lead">{{SUMMARY}}</p>
    <p class="audience"><b class="num">{{AUDIENCE}}</b> {{REACH}}</p>
    {{#HAS_PROBLEMS}}
    <ul class="problems">
      {{#CONTENT_PROBLEM}}
      <li>{{TEXT}}</li>
      {{/CONTENT_PROBLEM}}
    </ul>
    {{/HAS_PROBLEMS}}
    {{#CAN_APPROVE}}
    <form class="decide" method="post" action="/desk/alerts/{{ID}}/approve">
      <input type="hidden" name="seen" value="{{HASH}}">
      <p>Read it as the reader will. Approval holds for this text alone: any edit voids it.</p>
      <button class="go big" type="submit">Approve</button>
    </form>
    {{/CAN_APPROVE}}
    {{#CAN_RELEASE}}
    <form class="decide decide-release" method="post" action="/desk/alerts/{{ID}}/release" data-once>
      <input type="hidden" name="seen" value="{{HASH}}">
      <p class="restate">Release to <b>{{AUDIENCE}} readers</b> of <b>{{LISTS}}</b>?</p>
      <p class="soft">&ldquo;{{HEADLINE}}&rdquo;{{#STOPS_ORIGINAL}} The rest of the earlier alert is stopped first.{{/STOPS_ORIGINAL}}</p>
      <button class="alarm big" type="submit">Release to {{AUDIENCE}} readers</button>
    </form>
    {{/CAN_RELEASE}}
    {{#WAITING}}
    <p class="notice">{{WAITING}}</p>
    {{/WAITING}}
    <div class="side-actions">
      {{#MAY_WRITE}}
      <a class="button" href="/desk/alerts/{{ID}}/edit">Edit</a>
      {{/MAY_WRITE}}
      {{#CAN_WITHDRAW}}
      <form method="post" action="/desk/alerts/{{ID}}/cancel-approval"><button class="quiet" type="submit">Withdraw approval</button></form>
      {{/CAN_WITHDRAW}}
    </div>
    <dl class="facts">
      {{#SUBJECT}}
      <div><dt>Subject</dt><dd>{{SUBJECT}}</dd></div>
      {{/SUBJECT}}
      <div><dt>From</dt><dd>{{FROM}}</dd></div>
      <div><dt>Leads to</dt><dd><a href="{{LINK}}" target="_blank" rel="noopener noreferrer">{{LINK}}</a></dd></div>
      {{#ORIGINAL_HEADLINE}}
      <div><dt>Follows</dt><dd><a href="/desk/alerts/{{OF}}">{{ORIGINAL_HEADLINE}}</a></dd></div>
      {{/ORIGINAL_HEADLINE}}
      <div><dt>Stops trying</dt><dd>{{LIFE}} after release{{#AT_MOST_ONCE}}; no copy is ever sent twice{{/AT_MOST_ONCE}}</dd></div>
      <div><dt>Written by</dt><dd>{{AUTHOR}}, <time datetime="{{AT_ISO}}">{{AT}}</time> (revision {{REVISION}})</dd></div>
      {{#APPROVAL}}
      <div><dt>Approved by</dt><dd>{{BY}}, <time datetime="{{BY_AT_ISO}}">{{BY_AT}}</time></dd></div>
      {{/APPROVAL}}
      <div><dt>Fingerprint</dt><dd><code title="{{HASH}}">{{HASH_SHORT}}</code></dd></div>
    </dl>
  </div>
  <div class="review-mail" data-views>
    <div class="preview-bar">
      <fieldset class="segments">
        <legend class="hide">Preview as</legend>
        <label><input type="radio" name="view" value="wide" checked><span>Wide</span></label>
        <label><input type="radio" name="view" value="narrow"><span>Phone</span></label>
        <label><input type="radio" name="view" value="dark"><span>Dark</span></label>
        <label><input type="radio" name="view" value="text"><span>Text</span></label>
      </fieldset>
    </div>
    <div class="frame view-wide"><iframe title="The mail, wide" sandbox="" src="/desk/alerts/{{ID}}/preview?view=wide"></iframe></div>
    <div class="frame view-narrow"><iframe title="The mail on a phone" sandbox="" loading="lazy" src="/desk/alerts/{{ID}}/preview?view=narrow"></iframe></div>
    <div class="frame view-dark"><iframe title="The mail in dark mode" sandbox="" loading="lazy" src="/desk/alerts/{{ID}}/preview?view=dark"></iframe></div>
    <div class="frame view-text"><iframe title="The mail as text" sandbox="" loading="lazy" src="/desk/alerts/{{ID}}/preview?view=text"></iframe></div>
  </div>
</div>
