<!doctype html>
<html lang="{{LANG}}" dir="{{DIR}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
{{#NO_INDEX}}<meta name="robots" content="noindex">{{/NO_INDEX}}
<title>{{PAGE_TITLE}} · {{SITE}}</title>
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
    <a class="masthead-name" href="/alerts" dir="auto">{{SITE}}</a>
    <span class="masthead-section">{{@layout.section}}</span>
  </div>
</header>
<main id="main" class="wrap {{MAIN_CLASS}}">
{{>CONTENT}}
</main>
<footer class="footer">
  <div class="wrap">
    <p class="footer-links"><a href="/lists">{{@layout.lists}}</a> <a href="/preferences">{{@layout.preferences}}</a> <a href="{{PRIVACY_URL}}">{{@layout.privacy}}</a></p>
    <p>{{SITE}}{{#POSTAL_ADDRESS}}, {{POSTAL_ADDRESS}}{{/POSTAL_ADDRESS}}</p>
  </div>
</footer>
</body>
</html>
