<!doctype html>
<html lang="{{LANG}}" dir="{{DIR}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
{{#NO_INDEX}}<meta name="robots" content="noindex">{{/NO_INDEX}}
<title>{{#ERROR}}{{@layout.error}} {{/ERROR}}{{PAGE_TITLE}} · {{SITE}}</title>
<link rel="stylesheet" href="{{SITE_CSS}}">
<link rel="stylesheet" href="{{EMBED_CSS}}">
<link rel="icon" href="{{ICON}}" type="image/svg+xml">
{{#FEEDS}}
<link rel="alternate" type="application/atom+xml" title="{{@layout.feed}}" href="/feed.atom">
<link rel="alternate" type="application/feed+json" title="{{@layout.feed}}" href="/feed.json">
{{/FEEDS}}
</head>
<body>
<a class="skip" href="#main">{{@layout.skip}}</a>
<header class="masthead">
  <div class="wrap">
    <p class="masthead-name" dir="auto"><a href="/alerts">{{SITE}}</a></p>
    <nav class="masthead-nav" aria-label="{{@layout.section}}"><a href="/alerts">{{@alerts.title}}</a> <a href="/lists">{{@layout.lists}}</a></nav>
  </div>
</header>
<main id="main" tabindex="-1" class="wrap {{MAIN_CLASS}}">
{{>CONTENT}}
</main>
<footer class="footer">
  <div class="wrap">
    <p class="footer-links"><a href="/preferences">{{@layout.preferences}}</a> <a href="{{PRIVACY_URL}}">{{@layout.privacy}}</a></p>
    <p>{{SITE}}{{#POSTAL_ADDRESS}}, {{POSTAL_ADDRESS}}{{/POSTAL_ADDRESS}}</p>
  </div>
</footer>
</body>
</html>
