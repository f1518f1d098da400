<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{{PAGE_TITLE}} · Tocsin inbox</title>
<link rel="stylesheet" href="{{INBOX_CSS}}">
<link rel="icon" href="{{ICON}}" type="image/svg+xml">
<script src="{{INBOX_JS}}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the mail</a>
<header class="top">
  <div class="wrap">
    <a class="name" href="/inbox">Inbox</a>
    <nav aria-label="Tocsin development">
      {{#FRONT_URL}}<a href="{{FRONT_URL}}">Newspaper</a>{{/FRONT_URL}}
      {{#DESK_URL}}<a href="{{DESK_URL}}">Desk</a>{{/DESK_URL}}
    </nav>
    <p class="what">Every mail that {{SITE}} sends stays on this machine and is shown here.</p>
  </div>
</header>
<main id="main" class="wrap">
{{>CONTENT}}
</main>
</body>
</html>
