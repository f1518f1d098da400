{{%LAYOUT templates/inbox_layout.html.tpl}}
<div class="bar">
  <form class="filter" method="get" action="/inbox" role="search">
    <label for="to">Mail to</label>
    <input id="to" name="to" type="text" inputmode="email" autocapitalize="none" autocomplete="off" spellcheck="false" placeholder="any address" value="{{TO_FILTER}}">
    <button type="submit">Show</button>
    {{#FILTERED}}<a href="/inbox">All mail</a>{{/FILTERED}}
  </form>
  <p class="state"><span id="count">{{COUNT}}</span> kept <span id="live" class="live" hidden>live</span></p>
  <form method="post" action="/inbox/clear"><button type="submit" class="quiet">Empty the inbox</button></form>
</div>
<h1 class="skip-visual">Inbox</h1>
<p id="news" class="skip-visual" role="status"></p>
<div id="rows" data-newest="{{NEWEST}}">
{{>templates/inbox_rows.html.tpl}}
</div>
{{#FORGOTTEN}}<p class="small">{{FORGOTTEN_COUNT}} older messages have been forgotten to make room.</p>{{/FORGOTTEN}}
