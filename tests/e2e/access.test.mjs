// Readers' pages and mails for everyone: each page in each state by axe-core (WCAG 2.2 AA), the
// whole way by keyboard alone, 320 px and twice the size, a reader's own spacing, forced colours,
// no motion, right-to-left; nothing from third parties, no cookie, no pixel. TOCSIN_LONG=1 looks at
// every state in every language.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { accessibilityProblems, screenshots, startBrowser } from './support/browser.mjs';
import * as layout from './support/layout.mjs';
import { Newspaper, languages } from './support/newspaper.mjs';
import { root } from './support/process.mjs';
import { prepare, readerStates } from './support/reader_states.mjs';
import { Scope } from './support/scope.mjs';

const scope = new Scope();
const kOurs = /^(http:\/\/localhost:\d+|https:\/\/(harbourpost|(alerts\.)?news)\.example)/;
const kRightToLeft = ['ar', 'he'];
let news;
let browser;
const seen = { strangers: new Set(), cookies: new Set(), errors: new Set() };

async function newPage(options = {}) {
  const context = await browser.newContext({ locale: 'en', ...options });
  context.setDefaultTimeout(10_000);
  scope.defer(() => context.close());
  const page = await context.newPage();
  page.on('request', (request) => {
    if (!request.url().startsWith('http://localhost:')) seen.strangers.add(request.url());
  });
  page.on('response', (response) => {
    if (response.headers()['set-cookie']) seen.cookies.add(response.url());
  });
  page.on('pageerror', (error) => seen.errors.add(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (4\d\d)/.test(message.text())) {
      seen.errors.add(`${page.url()}: ${message.text()}`);
    }
  });
  return page;
}

before(async () => {
  [news, browser] = await Promise.all([Newspaper.open(scope), startBrowser(scope)]);
  await prepare(news);
});
after(() => scope.close());

// What is wrong with the page as it stands, in words.
async function problemsOf(page, { framed = false }) {
  const problems = (await accessibilityProblems(page))
    // A frame is a part of somebody's page, which has the first heading.
    .filter((problem) => !(framed && problem.includes('page-has-heading-one')));
  for (const width of [320, 640]) {
    const wide = await layout.overflowAt(page, width);
    if (wide > 0) problems.push(`${wide} px too wide at ${width} px`);
    if (width === 320) problems.push(...await layout.cutOffByTextSpacing(page));
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  return problems;
}

async function lookAtAll(page, states, language, from = news) {
  const wrong = [];
  for (const state of states) {
    await state.go(page, from);
    await screenshots(page, language === 'en' ? `reader-${state.name}`
      : `reader-${language}-${state.name}`);
    const { lang, dir } = await page.evaluate(
      ({ lang, dir } = document.documentElement) => ({ lang, dir }));
    const expected = state.english ? 'en' : language;
    if (lang !== expected) wrong.push(`${state.name}: lang="${lang}"`);
    if ((dir === 'rtl') !== kRightToLeft.includes(expected)) {
      wrong.push(`${state.name}: dir=${dir}`);
    }
    const problems = await problemsOf(page, state);
    wrong.push(...problems.map((problem) => `${language} ${state.name}: ${problem}`));
  }
  return wrong;
}

test('every page in every state has nothing that axe-core finds, at every width', async () => {
  assert.deepEqual(await lookAtAll(await newPage(), readerStates, 'en'), []);
});

test('in a language that is read from the right, pages mirror', async () => {
  const some = ['signup-error', 'check-inbox', 'alerts', 'alert-correction', 'manage-error'];
  const states = readerStates.filter(({ name }) => some.includes(name));
  assert.deepEqual(await lookAtAll(await newPage({ locale: 'ar' }), states, 'ar'), []);
});

async function lookAtAllLanguages() {
  const wrong = [];
  for (const language of languages) {
    const own = await Newspaper.open(scope);
    own.language = language;
    await prepare(own);
    const page = await newPage({ locale: language });
    wrong.push(...await lookAtAll(page, readerStates, language, own));
  }
  assert.deepEqual(wrong, []);
}
if (process.env.TOCSIN_LONG) {
  test('every page in every state in every language', lookAtAllLanguages);
}

test('by keyboard alone: sign up, confirm, choose, leave', async () => {
  const reader = 'tab@readers.example';
  const page = await newPage();
  await news.reader(reader, { confirmed: false });  // what is typed too fast is thrown away
  const press = async (what, wanted, key) => {
    const there = await layout.tabTo(page, what, wanted);
    await page.keyboard.press(key);
    return there;
  };
  await page.goto(`${news.url}/alerts`);
  await page.keyboard.press('Tab');
  const skip = await layout.focused(page);
  assert.ok(skip.seen && skip.ring && !skip.inMain, 'the first stop is the way past the nameplate');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.ok((await layout.focused(page)).inMain, 'and it leads into the page');

  await page.goto(`${news.url}/lists/breaking`);
  await layout.tabTo(page, 'the address', ({ name }) => name === 'email');
  await page.keyboard.type('tab@');
  await page.keyboard.press('Enter');
  await page.locator('.tocsin-error:not(:empty)').waitFor();
  assert.equal((await layout.focused(page)).name, 'email', 'an error leaves one at the field');
  await page.keyboard.press('Control+A');
  await page.keyboard.type(reader);
  await page.keyboard.press('Enter');
  await page.locator('.tocsin-done').waitFor();
  assert.match((await layout.focused(page)).text, /Check your inbox/, 'the answer is read out');

  await page.goto(await news.link(reader, 'c'));
  await press('the button', ({ tag, inMain }) => tag === 'button' && inMain, 'Enter');
  await page.getByRole('heading', { level: 1, name: /thanks/i }).waitFor();
  await news.alert('By keyboard alone');
  await page.goto(await news.link(reader, 'p'));
  await press('a list', ({ name, text }) => name === 'list' && /Harbour/.test(text), 'Space');
  await press('Save', ({ value }) => value === 'save', 'Enter');
  await page.getByRole('status').waitFor();
  assert.ok(await page.getByRole('checkbox', { name: /Harbour/ }).isChecked());
  await page.goto(await news.link(reader, 'u'));
  await press('the button', ({ tag, inMain }) => tag === 'button' && inMain, 'Enter');
  await page.getByRole('heading', { level: 1, name: /unsubscribed/i }).waitFor();
});

test('an error without scripts is named in the title, in a summary and at the field', async () => {
  const page = await newPage();
  for (const name of ['signup-error', 'manage-error']) {
    await readerStates.find((state) => state.name === name).go(page, news);
    assert.match(await page.title(), /^Error: /, name);
    const email = page.locator('main form [name=email]').first();
    assert.equal(await email.getAttribute('aria-invalid'), 'true', name);
    assert.equal(await email.getAttribute('autocomplete'), 'email', name);
    await page.locator('.errors a').click();
    assert.equal((await layout.focused(page)).name, 'email', 'the summary leads to the field');
    const described = await email.getAttribute('aria-describedby');
    const text = await page.locator(`#${described.split(' ')[0]}`).textContent();
    assert.match(text, /valid email address/, name);
  }
});

test('forced colours leave every control its edge, and nothing moves', async () => {
  const page = await newPage();
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  for (const name of ['signup-error', 'alert', 'preferences', 'confirm']) {
    await readerStates.find((state) => state.name === name).go(page, news);
    assert.deepEqual(await layout.edgeless(page), [], name);
    assert.deepEqual(await layout.moving(page), [], name);
    await layout.tabTo(page, 'the main part', ({ inMain }) => inMain);
  }
});

// One mail of each kind: [name, mail]. The inbox forgets, so each is fetched as it comes.
async function everyMail() {
  const reader = 'ivy@readers.example';
  await news.reader(reader, { confirmed: false });
  const mails = [['confirm', await news.mailTo(reader)]];
  await news.post(await news.link(reader, 'c'));
  await news.post('/preferences', { email: reader });
  mails.push(['manage', await news.mailTo(reader, (html) => html.includes('/p/'))]);
  let of;
  for (const [kind, headline] of [['alert', 'Snow closes the pass'], ['correction', 'Not the pass'],
    ['update', 'Ploughs are out'], ['retraction', 'The pass was never closed']]) {
    const { id } = await news.alert(headline, { ...(of && { kind, of }) });
    of ??= id;
    mails.push([kind, await news.mailTo(reader, (html) => html.includes(`${headline}</h1>`))]);
  }
  // It comes once a day; src/mail/digest_mail_test.cpp holds it to these bytes.
  const [text, html] = await Promise.all(['txt', 'html'].map((kind) =>
    readFile(`${root}tests/golden/mail/digest.${kind}`, 'utf8')));
  mails.push(['digest', { text, html, bytes: Buffer.byteLength(text + html) }]);
  return mails;
}

test('mails: small, for narrow and dark windows, with nothing to load', async () => {
  const page = await newPage();
  for (const [kind, { text, html, bytes }] of await everyMail()) {
    assert.ok(bytes < 30_000, `${kind}: ${bytes} bytes`);
    assert.ok(text.length > 100, `${kind} has a text`);
    const loads = /<(img|link|script|iframe|object|video)|src=|url\(|background=/i;
    assert.doesNotMatch(html, loads, kind);
    for (const [, link] of html.matchAll(/href="([^"]+)"/g)) {
      assert.match(link, kOurs, kind);
    }
    await page.setContent(html);
    await screenshots(page, `mail-${kind}`, { widths: [320, 768] });
    // Mail programs show no landmarks and have the heading elsewhere.
    const problems = (await accessibilityProblems(page))
      .filter((problem) => !/: (region|landmark-one-main): /.test(problem));
    assert.deepEqual(problems, [], kind);
    for (const width of [320, 640]) {
      assert.ok(await layout.overflowAt(page, width) <= 0, `${kind} at ${width} px`);
    }
  }
});

test('no page asked anybody else for anything, set a cookie or broke its own policy', () => {
  assert.deepEqual([...seen.strangers].filter((url) => !url.startsWith('data:')), []);
  assert.deepEqual([...seen.cookies], []);
  assert.deepEqual([...seen.errors], []);
});
