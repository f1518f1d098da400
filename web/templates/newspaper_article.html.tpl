{{%LAYOUT templates/newspaper_layout.html.tpl}}
<article class="article">
  <header class="article-head">
    <p class="kicker">{{SECTION}}</p>
    <h1>{{HEADLINE}}</h1>
    <p class="stand">{{STANDFIRST}}</p>
    <p class="by"><strong>{{BYLINE}}</strong> <span>{{DATE}}</span></p>
  </header>
  <figure>
    <img src="{{PICTURE}}" width="1200" height="750" alt="{{PICTURE_ALT}}">
    <figcaption>{{CAPTION}}</figcaption>
  </figure>
  <div class="text">
    {{#OPENING}}<p>{{TEXT}}</p>
    {{/OPENING}}
    {{>templates/signup_box.html.tpl}}
    {{#REST}}<p>{{TEXT}}</p>
    {{/REST}}
  </div>
  <aside class="more" aria-labelledby="more">
    <h2 class="label" id="more">More from the Post</h2>
    <ul>
    {{#MORE}}<li><h3 class="head"><a href="{{MORE_URL}}">{{MORE_HEADLINE}}</a></h3></li>
    {{/MORE}}
    </ul>
  </aside>
</article>
<script src="{{EMBED_JS}}" defer></script>
