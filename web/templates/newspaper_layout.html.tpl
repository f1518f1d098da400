<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{{PAGE_TITLE}}</title>
<link rel="stylesheet" href="{{NEWSPAPER_CSS}}">
<link rel="stylesheet" href="{{EMBED_CSS}}">
<link rel="icon" href="{{ICON}}" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">Skip to the news</a>
{{#DEV_BAR}}
<nav class="devbar" aria-label="Tocsin development">
  <div class="wrap"><strong>Tocsin dev</strong> <a href="/">Newspaper</a> <a href="/dev/desk">Desk</a> <a href="/inbox">Inbox</a> <a href="/alerts">Alerts</a></div>
</nav>
{{/DEV_BAR}}
<header class="top">
  <div class="wrap">
    <p class="edition"><span>{{DATE}}</span> <span>National edition</span> <span>Wind SW 11, rain</span></p>
    <p class="name"><a href="/">The Harbour Post</a></p>
    <p class="motto">News of the coast and the country since 1871</p>
  </div>
</header>
<nav class="sections" aria-label="Sections">
  <div class="wrap"><ul>
    <li><a href="/news/storm-surge-port-aldery">Storm</a></li>
    <li><a href="/news/coastal-defence-bill">Politics</a></li>
    <li><a href="/news/night-ferry-returns">Coast</a></li>
    <li><a href="/news/price-of-bread">Business</a></li>
    <li><a href="/news/wind-and-sheep">Climate</a></li>
    <li><a href="/news/derby-late-goal">Sport</a></li>
  </ul></div>
</nav>
<main id="main" class="wrap">
{{>CONTENT}}
</main>
<footer class="bottom">
  <div class="wrap"><p>The Harbour Post is invented, and so is everyone in it.</p> <a href="/alerts">Alerts</a> <a href="/lists">Alert emails</a> <a href="/privacy">Privacy notice</a></div>
</footer>
</body>
</html>
