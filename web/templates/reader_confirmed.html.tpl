{{%LAYOUT templates/reader_layout.html.tpl}}
<div class="card">
  <svg class="mark" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="24" cy="24" r="20"/><path d="m15 25 6.5 6.5L34 18"/></svg>
  <h1>Thanks for signing up to the {{LIST_NAME}} email</h1>
  <p class="lead">When news breaks, it will be in your inbox within seconds.</p>
  <p>Every alert has a link at the end to leave or to choose what you get. To do it now, open <a href="{{MANAGE_URL}}">your preferences</a>.</p>
  <p class="actions"><a class="button" href="/alerts">See the latest alerts</a> <a href="{{UNSUBSCRIBE_URL}}">Unsubscribe</a></p>
</div>
