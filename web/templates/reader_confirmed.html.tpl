{{%LAYOUT templates/reader_layout.html.tpl}}
<div class="card">
  <svg class="mark" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="24" cy="24" r="20"/><path d="m15 25 6.5 6.5L34 18"/></svg>
  <h1>{{@confirmed.title}}</h1>
  <p class="lead">{{@confirmed.lead}}</p>
  <p>{{@confirmed.later <a href="{{MANAGE_URL}}">}}</p>
  <p class="actions"><a class="button" href="/alerts">{{@confirmed.alerts}}</a> <a href="{{UNSUBSCRIBE_URL}}">{{@unsubscribe.button}}</a></p>
</div>
