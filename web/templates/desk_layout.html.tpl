<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="same-origin">
<meta name="robots" content="noindex">
<title>{{PAGE_TITLE}} · {{SITE}} desk</title>
<link rel="stylesheet" href="{{DESK_CSS}}">
<link rel="icon" href="{{ICON}}" type="image/svg+xml">
<script src="{{DESK_JS}}" type="module"></script>
{{#REFRESH}}
<noscript><meta http-equiv="refresh" content="5"></noscript>
{{/REFRESH}}
</head>
<body class="{{PAGE_CLASS}}">
<a class="skip" href="#main">Skip to content</a>
<header class="bar">
  <div class="bar-in">
    <a class="brand" href="/desk"><img src="{{ICON}}" alt="" width="26" height="26"><span class="brand-site">{{SITE}}</span><span class="brand-desk">Desk</span></a>
    {{#SIGNED_IN}}
    <nav class="nav" aria-label="Desk">
      <a href="/desk"{{#ON_ALERTS}} aria-current="page"{{/ON_ALERTS}}>Alerts</a>
      <a href="/desk/audience"{{#ON_AUDIENCE}} aria-current="page"{{/ON_AUDIENCE}}>Audience</a>
      <a href="/desk/settings"{{#ON_SETTINGS}} aria-current="page"{{/ON_SETTINGS}}>Settings</a>
    </nav>
    <form class="who" method="post" action="/desk/sign-out">
      <span class="who-name" title="{{USER_ROLE}}">{{USER_NAME}}</span>
      <button class="quiet" type="submit">Sign out</button>
    </form>
    {{/SIGNED_IN}}
  </div>
</header>
<main id="main" class="page">
{{#NOTICE}}
<p class="notice" role="status">{{NOTICE}}</p>
{{/NOTICE}}
{{#PROBLEM}}
<p class="notice notice-bad" role="alert">{{PROBLEM}}</p>
{{/PROBLEM}}
{{>CONTENT}}
</main>
</body>
</html>
