// The pages as people meet them, in Chromium: the sign-up box in a page of another origin (scripts
// on and off), confirmation, the desk from draft to release, the inbox. The desk and the inbox are
// looked over by axe-core here; every state of the readers' pages is in access.test.mjs.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { accessibilityProblems, screenshots, startBrowser } from './support/browser.mjs';
import { Running, eventually, freePort, isListening } from './support/process.mjs';
import { Scope } from './support/scope.mjs';
import { binary, cleanEnvironment } from './support/tocsin.mjs';

const scope = new Scope();
const kHeadline = 'Ferry aground off Port Anselm, all passengers safe';
const reader = 'robin@readers.example';
let url;       // of the service
let pageUrl;   // of an article on another origin
let browser;
const seen = { errors: [] };

async function newPage(options) {
  const own = await browser.newContext(options);
  own.setDefaultTimeout(10_000);
  scope.defer(() => own.close());
  const page = await own.newPage();
  page.on('pageerror', (error) => seen.errors.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (4\d\d)/.test(message.text())) {
      seen.errors.push(`${page.url()}: ${message.text()}`);
    }
  });
  return page;
}

// axe-core's verdict and the pictures of the page as it stands.
async function lookAt(page, name) {
  await screenshots(page, name);
  assert.deepEqual(await accessibilityProblems(page), [], name);
}

// A newsroom's own page, on an origin of its own, with the box pasted in as the manual says.
async function articleServer(snippet) {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Fog on the sound</title>
<style>body{font:18px/1.6 Georgia,serif;max-width:40rem;margin:2rem auto;padding:0 1rem}
</style></head>
<body><main><h1>Fog on the sound</h1><p>The morning ferry waited for an hour.</p>${snippet}
<p>By noon it had lifted.</p></main></body></html>`;
  const server = http.createServer((request, response) => {
    response.writeHead(request.url === '/fog' ? 200 : 404, { 'content-type': 'text/html' });
    response.end(request.url === '/fog' ? html : '');
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  scope.defer(() => { server.closeAllConnections(); server.close(); });
  return `http://127.0.0.1:${server.address().port}/fog`;
}

// The newest mail in the built-in inbox for an address whose subject matches, as its page.
async function openMail(page, subject, address) {
  await eventually(`a mail "${subject}"`, async () => {
    await page.goto(`${url}/inbox`);
    return (await page.getByText(subject).filter({ visible: true }).count()) > 0;
  });
  const row = page.locator('a, tr, li', { hasText: subject }).filter({ hasText: address });
  const link = (await row.count()) > 0 ? row.first() : page.getByText(subject).first();
  await link.click();
}

before(async () => {
  const port = await freePort();
  const dev = new Running(binary, ['dev', '--port', String(port)], { env: cleanEnvironment() });
  scope.defer(() => dev.stop());
  await dev.ready(() => isListening(port));
  url = `http://localhost:${port}`;
  browser = await startBrowser(scope);
  const context = await newPage({});
  await context.goto(`${url}/embed/breaking/snippet`);
  pageUrl = await articleServer(await context.locator('pre code').first().textContent());
});
after(() => scope.close());

test('the newspaper, with the box in an article', async () => {
  const page = await newPage({});
  await page.goto(url);
  await lookAt(page, 'newspaper');
  await page.locator('main a').first().click();
  assert.equal(await page.locator('form[data-tocsin]').count(), 1);
  await lookAt(page, 'article');
});

test('with the script: errors stand beside the field, and the page stays', async () => {
  const page = await newPage({});
  await page.goto(pageUrl);
  const email = page.getByLabel('Email address');
  const box = page.locator('form[data-tocsin]');
  assert.equal(await page.getByRole('checkbox').isChecked(), false, 'marketing is not ticked');
  await email.fill('robin@');
  await box.getByRole('button', { name: /sign up/i }).click();
  const error = page.getByRole('alert').filter({ hasText: 'Please enter a valid email address' });
  await error.waitFor();
  assert.equal(await email.inputValue(), 'robin@');
  assert.equal(await email.getAttribute('aria-invalid'), 'true');
  await screenshots(page, 'box-error');

  await email.fill('robin@gmial.com');
  await box.getByRole('button', { name: /sign up/i }).click();
  const suggestion = page.getByRole('button', { name: /did you mean gmail\.com/i });
  await suggestion.waitFor();
  await screenshots(page, 'box-suggestion', { widths: [320] });
  await suggestion.click();
  assert.equal(await email.inputValue(), 'robin@gmail.com');

  await email.fill(reader);
  await box.getByRole('button', { name: /sign up/i }).click();
  await page.getByText('Check your inbox').waitFor();
  assert.equal(page.url(), pageUrl, 'the reader is still on the article');
  await screenshots(page, 'box-done');
  assert.deepEqual(await page.context().cookies(), [], 'no cookies');
});

test('without scripts: a plain form that does the same', async () => {
  const page = await newPage({ javaScriptEnabled: false });
  await page.goto(pageUrl);
  await page.getByLabel('Email address').fill('sam@readers');
  await page.getByRole('button', { name: /sign up/i }).click();
  await page.waitForURL(/\/lists\/breaking\/signup/);
  assert.match(await page.content(), /Please enter a valid email address/);
  assert.equal(await page.getByLabel('Email address').inputValue(), 'sam@readers');
  await screenshots(page, 'plain-error', { widths: [320, 1280] });
  await page.getByLabel('Email address').fill('sam@readers.example');
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: /^sign up/i }).click();
  await page.getByText('Check your inbox').first().waitFor();
  await screenshots(page, 'plain-done', { widths: [320, 1280] });
  assert.deepEqual(await page.context().cookies(), []);
});

test('the link in the mail opens a page with a button, and the button confirms', async () => {
  const page = await newPage({});
  await openMail(page, /confirm/i, reader);
  await lookAt(page, 'inbox-confirmation');
  const link = await eventually('the link', async () => {
    const html = await page.content();
    const frames = await Promise.all(page.frames().map((frame) => frame.content()));
    return [html, ...frames].join('\n').match(/https?:\/\/localhost:\d+\/c\/[\w-]+/)?.[0];
  });
  await page.goto(link);
  await page.getByRole('button', { name: /confirm/i }).click();
  await page.getByText(/Thanks for signing up to the Breaking news email/i).first().waitFor();
});

test('the desk: write, review, approve, release, watch', async () => {
  const page = await newPage({});
  await page.goto(`${url}/dev/desk`);
  await page.waitForURL(/\/desk/);
  await lookAt(page, 'desk-overview');
  await page.goto(`${url}/desk/alerts/new`);
  await page.getByLabel(/headline/i).fill(kHeadline);
  await page.getByLabel(/summary/i).fill('The ferry Maren ran onto the sandbank at 06:40. '
    + 'Lifeboats have taken everyone ashore.');
  await page.locator('[name=url]').fill('https://harbourpost.example/ferry-maren');
  await page.getByRole('checkbox', { name: /breaking/i }).check();
  await page.waitForTimeout(800);  // the preview follows the typing
  await lookAt(page, 'desk-compose');
  await page.getByRole('button', { name: 'Review' }).click();
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  await lookAt(page, 'desk-review');
  await page.getByRole('button', { name: 'Approve' }).click();
  const release = page.getByRole('button', { name: /release to \d+ readers/i });
  await release.waitFor();
  await screenshots(page, 'desk-release');
  await release.click();
  await page.getByText(/of 13 delivered/).waitFor();
  await page.waitForFunction(
    () => document.querySelector('[data-live=delivered]').textContent.trim() === '13');
  await lookAt(page, 'desk-watch');
  for (const [name, where] of [['audience', '/desk/audience'], ['settings', '/desk/settings']]) {
    await page.goto(url + where);
    await lookAt(page, `desk-${name}`);
  }
});

test('the desk wants a person: without signing in there is only the door', async () => {
  const page = await newPage({});
  await page.goto(`${url}/desk/alerts/new`);
  assert.equal(await page.getByLabel(/headline/i).count(), 0);
  await page.getByLabel('Password').waitFor();
  await lookAt(page, 'desk-sign-in');
});

test('the inbox shows the alert, its signature valid', async () => {
  const page = await newPage({});
  await page.goto(`${url}/inbox`);
  await page.getByText(kHeadline).first().waitFor();
  await lookAt(page, 'inbox');
  await openMail(page, kHeadline, reader);
  await page.getByText(/dkim/i).first().waitFor();
  assert.match((await page.content()).toLowerCase(), /pass|valid/);
  await screenshots(page, 'inbox-alert');
});

test('the alert on the web, the feeds, and the ways out', async () => {
  const page = await newPage({});
  await openMail(page, kHeadline, reader);
  const text = await eventually('the links', async () => {
    const parts = await Promise.all(page.frames().map((frame) => frame.content()));
    const whole = parts.join('\n');
    return whole.includes('/u/') && whole;
  });
  const out = text.match(/https?:\/\/localhost:\d+\/u\/[\w-]+/)[0];
  const preferences = text.match(/https?:\/\/localhost:\d+\/p\/[\w-]+/)[0];
  await page.goto(preferences);
  await page.getByRole('checkbox', { name: /breaking/i }).waitFor();
  await page.goto(out);
  await page.getByRole('button', { name: /unsubscribe/i }).click();
  await page.getByText(/You are unsubscribed/).waitFor();
  await page.goto(`${url}/alerts`);
  await page.getByText(kHeadline).first().click();
  await page.getByRole('heading', { name: kHeadline }).waitFor();
});

test('no page had an error in its scripts or broke its own content policy', () => {
  assert.deepEqual(seen.errors, []);
});
