{{%LAYOUT templates/reader_layout.html.tpl}}
<article class="story{{#RETRACTED}} story-retracted{{/RETRACTED}}">
  {{#NOTICE}}<div class="notice" role="note"><p><strong>{{NOTICE_KIND}}</strong> <time datetime="{{NOTICE_ISO}}">{{NOTICE_SHOWN}}</time>: <a href="{{NOTICE_URL}}">{{NOTICE_HEADLINE}}</a></p></div>
  {{/NOTICE}}
  {{#KIND}}<p class="tag">{{KIND}}</p>{{/KIND}}
  <h1>{{HEADLINE}}</h1>
  <p class="summary">{{SUMMARY}}</p>
  <p class="stamp">Sent <time datetime="{{ISO_TIME}}">{{SHOWN_TIME}}</time>{{#STOPPED}} · stopped before it reached everyone{{/STOPPED}}{{#ORIGINAL}} · on: <a href="{{ORIGINAL_URL}}">{{ORIGINAL_HEADLINE}}</a>{{/ORIGINAL}}</p>
  <div class="body">
  {{#PARAGRAPH}}<p>{{TEXT}}</p>
  {{/PARAGRAPH}}
  </div>
  {{#URL}}<p class="actions"><a class="button" href="{{URL}}">Read the full story</a></p>{{/URL}}
</article>
{{#UPDATES}}
<section class="part" aria-labelledby="updates">
  <h2 id="updates">Later on this story</h2>
  <ul class="followers">
  {{#UPDATE}}<li><a href="{{UPDATE_URL}}">{{UPDATE_HEADLINE}}</a> <span class="stamp"><time datetime="{{UPDATE_ISO}}">{{UPDATE_SHOWN}}</time></span></li>
  {{/UPDATE}}
  </ul>
</section>
{{/UPDATES}}
{{#BOX}}<section class="part">{{>templates/signup_box.html.tpl}}</section>{{/BOX}}
<script src="{{EMBED_JS}}" defer></script>
