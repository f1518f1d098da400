<!doctype html>
<html lang="{{LANG}}">
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
<link rel="alternate" type="application/atom+xml" title="{{SITE}} alerts" href="/feed.atom">
<link rel="alternate" type="application/feed+json" title="{{SITE}} alerts" href="/feed.json">
{{/FEEDS}}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="masthead">
  <div class="wrap">
    <a class="masthead-name" href="/alerts">{{SITE}}</a>
    <span class="masthead-section">Alerts</span>
  </div>
</header>
<main id="main" class="wrap {{MAIN_CLASS}}">
{{>CONTENT}}
</main>
<footer class="footer">
  <div class="wrap">
    <p class="footer-links"><a href="/lists">All alert emails</a> <a href="/preferences">Your preferences</a> <a href="{{PRIVACY_URL}}">Privacy notice</a></p>
    <p>{{SITE}}{{#POSTAL_ADDRESS}}, {{POSTAL_ADDRESS}}{{/POSTAL_ADDRESS}}</p>
  </div>
</footer>
</body>
</html>
