{{%LAYOUT templates/reader_layout.html.tpl}}
<article class="story{{#RETRACTED}} story-retracted{{/RETRACTED}}">
  {{#NOTICE}}<div class="notice" role="note"><p><strong>{{NOTICE_KIND}}</strong> <time datetime="{{NOTICE_ISO}}">{{NOTICE_SHOWN}}</time>: <a href="{{NOTICE_URL}}" dir="auto">{{NOTICE_HEADLINE}}</a></p></div>
  {{/NOTICE}}
  {{#KIND}}<p class="tag">{{KIND}}</p>{{/KIND}}
  <h1 dir="auto">{{HEADLINE}}</h1>
  <p class="summary" dir="auto">{{SUMMARY}}</p>
  <p class="stamp">{{@alert.sent <time datetime="{{ISO_TIME}}">}}{{#STOPPED}} · {{@alert.stopped}}{{/STOPPED}}{{#ORIGINAL}} · {{@alert.on}} <a href="{{ORIGINAL_URL}}" dir="auto">{{ORIGINAL_HEADLINE}}</a>{{/ORIGINAL}}</p>
  <div class="body">
  {{#PARAGRAPH}}<p dir="auto">{{TEXT}}</p>
  {{/PARAGRAPH}}
  </div>
  {{#URL}}<p class="actions"><a class="button" href="{{URL}}">{{@alert.read}}</a></p>{{/URL}}
</article>
{{#UPDATES}}
<section class="part" aria-labelledby="updates">
  <h2 id="updates">{{@alert.later}}</h2>
  <ul class="followers">
  {{#UPDATE}}<li><a href="{{UPDATE_URL}}" dir="auto">{{UPDATE_HEADLINE}}</a> <span class="stamp"><time datetime="{{UPDATE_ISO}}">{{UPDATE_SHOWN}}</time></span></li>
  {{/UPDATE}}
  </ul>
</section>
{{/UPDATES}}
{{#BOX}}<section class="part">{{>templates/signup_box.html.tpl}}</section>{{/BOX}}
<script src="{{EMBED_JS}}" defer></script>
