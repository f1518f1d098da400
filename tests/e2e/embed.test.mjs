// The sign-up box in somebody else's page: it fits a strict Content-Security-Policy, moves nothing
// that the reader sees, takes the page's colours, and weighs next to nothing.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { screenshots, startBrowser } from './support/browser.mjs';
import { overflowAt } from './support/layout.mjs';
import { Newspaper } from './support/newspaper.mjs';
import { Scope } from './support/scope.mjs';

const scope = new Scope();
const kVariants = ['plain', 'script', 'frame'];
let news;
let browser;
let host;      // the origin of the other site
let snippets;  // by variant; `csp` and `theme` too
const violations = [];

// A news site with the strictest policy there is, and the lines that the manual adds to it.
function page(where) {
  const [, variant, style = ''] = where.split('/');
  const body = `<main><h1>Fog on the sound</h1><p>The morning ferry waited for an hour.</p>
${snippets[variant]}
<p id="below">By noon it had lifted, and the harbour was as it always is.</p></main>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Fog</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/site.css?${style}"></head><body>${body}</body></html>`;
}

const kSiteCss = `main { max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
body { font: 18px/1.6 serif }
h1 { font-size: 2.5rem } p { margin: 1em 0 } iframe { border: 0 }`;

function serve(request, response) {
  const css = request.url.startsWith('/site.css');
  const look = request.url.includes('?dark') ? ':root { color-scheme: light dark }' : '';
  const theme = request.url.includes('?theme') ? snippets.theme : '';
  response.writeHead(200, { 'content-type': css ? 'text/css' : 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; base-uri 'none'; frame-ancestors 'none'; `
      + `${snippets.csp.replace('style-src', "style-src 'self'")}; `
      + "require-trusted-types-for 'script'" });
  response.end(css ? kSiteCss + look + theme : page(request.url));
}

async function newPage(options = {}) {
  const context = await browser.newContext({ locale: 'en', ...options });
  context.setDefaultTimeout(10_000);
  scope.defer(() => context.close());
  const own = await context.newPage();
  await own.addInitScript(() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput } of list.getEntries()) {
        globalThis.shifts.push({ value, hadRecentInput });
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  own.on('console', (message) => {
    if (message.type() === 'error' && !/favicon|status of 4\d\d/.test(message.text())) {
      violations.push(`${own.url()}: ${message.text()}`);
    }
  });
  own.on('pageerror', (error) => violations.push(`${own.url()}: ${error.message}`));
  return own;
}

before(async () => {
  [news, browser] = await Promise.all([Newspaper.open(scope), startBrowser(scope)]);
  const manual = await (await browser.newContext({ locale: 'en' })).newPage();
  await manual.goto(`${news.url}/embed/breaking/snippet`);
  const [plain, script, frame, csp, theme] = await manual.locator('pre code').allTextContents();
  snippets = { plain, script, frame, csp: csp.trim(), theme };
  const server = http.createServer(serve);
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  scope.defer(() => { server.closeAllConnections(); server.close(); });
  host = `http://127.0.0.1:${server.address().port}`;
});
after(() => scope.close());

function fieldOf(own, variant) {
  const place = variant === 'frame' ? own.frameLocator('iframe') : own;
  return place.getByLabel('Email address');
}

for (const variant of kVariants) {
  test(`${variant}: works under a strict policy and moves nothing`, async () => {
    const own = await newPage({ viewport: { width: 320, height: 640 } });
    await own.goto(`${host}/${variant}`);
    const email = fieldOf(own, variant);
    await email.waitFor();
    assert.deepEqual(await own.evaluate(() => globalThis.shifts), [], 'while it loads');
    const before = await own.locator('#below').boundingBox();
    await email.fill(`${variant}@readers.example`);
    await email.press('Enter');
    const place = variant === 'frame' ? own.frameLocator('iframe') : own;
    await place.getByText('Check your inbox').first().waitFor();
    assert.deepEqual(await own.locator('#below').boundingBox(), before, 'when it has answered');
    assert.deepEqual(await own.evaluate(() => globalThis.shifts), []);
    assert.ok(await overflowAt(own, 320) <= 0);
    assert.deepEqual(violations, []);
  });
}

test('what readers load for the box is under 6 KB, compressed', async () => {
  let bytes = 0;
  for (const file of ['/embed.js', '/static/embed.css']) {
    const answer = await fetch(news.url + file);
    assert.equal(answer.status, 200, file);
    bytes += gzipSync(Buffer.from(await answer.arrayBuffer()), { level: 9 }).length;
  }
  assert.ok(bytes < 6 * 1024, `${bytes} bytes`);
});

test('it is dark where the page is, and takes the colours, type and corners given', async () => {
  const own = await newPage({ colorScheme: 'dark' });
  const styleOf = (selector, property) => own.locator(selector).evaluate(
    (element, name) => getComputedStyle(element)[name], property);
  const brightness = async () => {
    const colour = await styleOf('.tocsin', 'backgroundColor');
    return colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
  };
  await own.goto(`${host}/plain`);
  assert.ok(await brightness() > 200, 'a page that is always light');
  await screenshots(own, 'embed-light-page', { widths: [320, 768] });
  await own.emulateMedia({ colorScheme: 'dark' });
  await own.goto(`${host}/plain/dark`);
  assert.ok(await brightness() < 60, 'a page that follows the reader');
  await screenshots(own, 'embed-dark-page', { widths: [320, 768] });
  await own.goto(`${host}/plain/theme`);
  for (const [selector, property, value] of [
    ['.tocsin-button', 'backgroundColor', 'rgb(10, 92, 54)'],
    ['.tocsin-button', 'borderTopLeftRadius', '8px'],
    ['.tocsin-email', 'borderTopLeftRadius', '8px'],
    ['.tocsin', 'backgroundColor', 'rgb(255, 255, 255)'],
    ['.tocsin-title', 'fontFamily', 'Rockwell, serif'],
    ['.tocsin-email', 'fontFamily', 'Verdana, sans-serif'],
  ]) assert.equal(await styleOf(selector, property), value, `${selector} ${property}`);
  await screenshots(own, 'embed-themed', { widths: [320, 768] });
});
