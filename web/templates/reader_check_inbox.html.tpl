{{%LAYOUT templates/reader_layout.html.tpl}}
<div class="card">
  <svg class="mark" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linejoin="round" aria-hidden="true"><path d="M5 14h38v26H5z"/><path d="m5 15 19 15 19-15"/><path d="M30 4h9v6" stroke-linecap="round"/></svg>
  <h1>{{@sent.title}}</h1>
  <p class="lead">{{MESSAGE}}</p>
  <p>{{@sent.nothing}}</p>
  <p class="actions">{{#BACK_URL}}<a class="button" href="{{BACK_URL}}">{{@sent.back}}</a>{{/BACK_URL}} {{#AGAIN_URL}}<a href="{{AGAIN_URL}}">{{@sent.again}}</a>{{/AGAIN_URL}}</p>
</div>
