<!doctype html>
<html lang="{{LANG}}" dir="{{DIR}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{{PAGE_TITLE}} · {{SITE}}</title>
<link rel="stylesheet" href="{{SITE_CSS}}">
<link rel="stylesheet" href="{{EMBED_CSS}}">
<link rel="icon" href="{{ICON}}" type="image/svg+xml">
</head>
<body class="framed">
<main>
{{#BOX}}{{>templates/signup_box.html.tpl}}{{/BOX}}
{{#DONE}}
<section class="tocsin">
  <p class="tocsin-kicker">{{TITLE}}</p>
  <h2 class="tocsin-title">{{@sent.title}}</h2>
  <p class="tocsin-lead">{{MESSAGE}}</p>
</section>
{{/DONE}}
</main>
<script src="{{EMBED_JS}}" defer></script>
</body>
</html>
