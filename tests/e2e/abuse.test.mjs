// What strangers and machines do to links and to the box, and what it must not come to: a scanner
// that fetches every link of a mail, also in a browser that runs scripts, changes nothing; and a
// browser that is asked for work does it without its reader noticing.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startBrowser } from './support/browser.mjs';
import { eventually } from './support/process.mjs';
import { scriptedSmtp } from './support/scripted_smtp.mjs';
import { Scope } from './support/scope.mjs';
import { Tocsin } from './support/tocsin.mjs';

const scope = new Scope();
const kAddress = 'ann@first-readers.net';
let news;
let smtp;
let browser;

before(async () => {
  smtp = await scriptedSmtp(scope);
  news = await Tocsin.create(scope, { relay: `smtp://127.0.0.1:${smtp.port}?tls=none`,
    env: { TOCSIN_SIGNUP_SERVICE_PER_MINUTE: '8', TOCSIN_SIGNUP_FILL_SECONDS: '0' } });
  await news.start();
  await news.do('list', 'create', 'breaking', '--name', 'Breaking News');
  browser = await startBrowser(scope);
});
after(() => scope.close());

// Everything that a reader's act could change, as one hash.
async function states() {
  const reader = await news.do('subscriber', 'show', kAddress, '--json');
  const lists = await news.do('list', 'show', 'breaking', '--json');
  const { subscriptions, purposes, suppressed, consent } = reader;
  const text = JSON.stringify({ subscriptions, purposes, suppressed, consent, lists });
  return createHash('sha256').update(text).digest('hex');
}

// The links of a mail, its quoted-printable line breaks undone.
const linksIn = (mail) => [...new Set(mail.replaceAll('=\r\n', '').replaceAll('=3D', '=')
  .match(/https?:\/\/127\.0\.0\.1:\d+\/[\w/-]+/g))];

async function newestMail(count) {
  return eventually(`mail ${count}`, () => smtp.messages[count - 1]);
}

test('a scanner that follows every link, with scripts, neither confirms nor leaves', async () => {
  await news.post('/lists/breaking/signup', { email: kAddress });
  const links = linksIn(await newestMail(1));
  for (const kind of ['/c/', '/n/']) assert.ok(links.some((link) => link.includes(kind)), kind);
  const before = await states();
  for (const link of links) {
    await news.get(link);
    const { port, pathname } = new URL(link);
    await fetch(`http://127.0.0.1:${port}${pathname}`, { method: 'HEAD', redirect: 'manual' });
    await fetch(`http://127.0.0.1:${port}${pathname}`, { method: 'OPTIONS' });
  }
  // Two levels deep, in a browser that runs what it finds; it presses nothing.
  const page = await (await browser.newContext()).newPage();
  const seen = new Set();
  for (let level = [...links], depth = 0; depth < 3; depth += 1) {
    const next = [];
    for (const link of level.filter((url) => url.startsWith(news.url) && !seen.has(url))) {
      seen.add(link);
      await page.goto(link, { waitUntil: 'load' });
      next.push(...await page.locator('a[href]').evaluateAll((all) => all.map((a) => a.href)));
    }
    level = next.slice(0, 15);
  }
  await page.waitForTimeout(300);
  await page.context().close();
  assert.ok(seen.size > links.length, 'it went on from page to page');
  assert.equal(await states(), before);

  const confirm = links.find((link) => link.includes('/c/'));
  assert.equal((await news.post(confirm)).status, 200);
  assert.notEqual(await states(), before, 'a press of the button does');
});

test('a browser that is asked for work does it, and its reader signs up as usual', async () => {
  const send = (email, more = {}) => news.post('/lists/breaking/signup', { email, ...more },
    { accept: 'application/json' });
  const asked = await eventually('a share that is used up', async () => {
    const answer = await send(`r${Math.random()}@first-readers.net`, { can_prove: 'yes' });
    return answer.status === 428 && answer;
  });
  const { challenge } = asked.json();
  assert.equal(challenge.parameters.data.form, 'breaking');
  assert.equal(challenge.parameters.data.site, news.url);
  assert.match(asked.headers['access-control-allow-origin'], /^\*$/);

  const page = await (await browser.newContext()).newPage();
  const statuses = [];
  page.on('response', (response) => {
    if (response.url().includes('/signup')) statuses.push(response.status());
  });
  await page.goto(`${news.url}/lists/breaking`);
  for (let i = 0; i < 5 && !statuses.includes(428); i += 1) {
    await page.goto(`${news.url}/lists/breaking`);
    await page.locator('input[name=email]').fill(`p${i}@first-readers.net`);
    await page.locator('form[data-tocsin] button[type=submit]').first().click();
    await page.locator('.tocsin-done').waitFor({ timeout: 10_000 });
  }
  assert.deepEqual(statuses.slice(-2), [428, 200]);
  await page.context().close();
});

test('links to leave open however often the keys were rotated; others once more', async () => {
  const confirm = linksIn(smtp.messages[0]).find((link) => link.includes('/c/'));
  const leave = (await news.post(confirm)).text.match(/\/u\/[\w-]+/)[0];
  const rotate = async () => {
    await news.stop();
    assert.equal((await news.do('secrets', 'rotate', '--json')).step, 'rotated');
    await news.start();
  };
  await rotate();
  assert.equal((await news.get(confirm)).status, 200);
  await rotate();
  await rotate();
  assert.ok((await news.get(confirm)).status >= 400);
  assert.equal((await news.post(leave)).status, 200);
  const { subscriptions } = await news.do('subscriber', 'show', kAddress, '--json');
  assert.equal(subscriptions[0].state, 'left');
});
