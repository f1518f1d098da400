// Every page that a reader can meet, in every state that it has, reached as a reader reaches it:
// {name, go(page, news)}, with `framed` or `english` where they are, for the tests of access and
// for pictures. In order: the first is of a newspaper that has sent nothing, and some wait for what
// an earlier one did.

const kShortly = { waitUntil: 'domcontentloaded' };

// Sends the page's form as a browser without scripts does.
async function send(page, selector, fields = {}) {
  for (const [name, value] of Object.entries(fields)) {
    await page.locator(`${selector} [name=${name}]`).fill(value);
  }
  await Promise.all([page.waitForNavigation(kShortly),
    page.locator(selector).evaluate((form) => form.submit())]);
}

function visit(where) {
  return (page, news) => page.goto(news.url + where, kShortly);
}

function signUp(where, email) {
  return async (page, news) => {
    await page.goto(news.url + where, kShortly);
    await send(page, 'form[data-tocsin]', { email });
  };
}

function linkOf(address, kind, end = '') {
  return async (page, news) => page.goto(await news.link(address, kind, end) + end, kShortly);
}

// With the script of the box.
function typed(email, shown) {
  return async (page, news) => {
    await page.goto(`${news.url}/lists/breaking`);
    await page.locator('form[data-tocsin-ready] [name=email]').fill(email);
    await page.locator('form[data-tocsin] [type=submit]').click();
    await page.locator(shown).first().waitFor();
  };
}

// Whom the states are about, signed up before them.
export async function prepare(news) {
  await Promise.all([
    news.reader('ana@readers.example', { confirmed: false, marketing: 'yes' }),
    news.reader('ben@readers.example', { confirmed: false }),
    news.reader('eve@readers.example'),
    news.reader('kim@readers.example'),
    news.reader('lee@readers.example'),
  ]);
}

async function sendAlerts(news) {
  const headline = 'Ferry Maren aground off Port Anselm, all passengers safe';
  const body = 'The wind has turned.\n\nTwo tugs are there.';
  const of = (await news.alert(headline, { body })).id;
  await news.alert('Maren is afloat again and on her way to the yard', { kind: 'update', of });
  const correction = await news.alert('Maren carried 84, not 48', { kind: 'correction', of });
  const wrong = (await news.alert('Harbour bridge closed until Monday')).id;
  await news.alert('The harbour bridge is open', { kind: 'retraction', of: wrong });
  return correction;
}

export const readerStates = [
  { name: 'alerts-none', go: visit('/alerts') },
  { name: 'lists', go: visit('/lists') },
  { name: 'signup', go: visit('/lists/breaking') },
  { name: 'signup-error', go: signUp('/lists/breaking', 'robin@') },
  { name: 'signup-meant', go: signUp('/lists/breaking', 'robin@gmial.com') },
  { name: 'check-inbox', go: signUp('/lists/breaking', 'sam@readers.example') },
  { name: 'box-error', go: typed('robin@', '.tocsin-error:not(:empty)') },
  { name: 'box-meant', go: typed('robin@gmial.com', '.tocsin-use') },
  { name: 'box-done', go: typed('pat@readers.example', '.tocsin-done') },
  { name: 'frame', go: visit('/embed/breaking'), framed: true },
  { name: 'frame-error', go: signUp('/embed/breaking', 'robin@'), framed: true },
  { name: 'frame-done', go: signUp('/embed/breaking', 'max@readers.example'), framed: true },
  { name: 'snippet', go: visit('/embed/breaking/snippet'), english: true },
  { name: 'privacy', go: visit('/privacy') },
  { name: 'manage', go: visit('/preferences') },
  { name: 'manage-error', async go(page, news) {
    await page.goto(`${news.url}/preferences`, kShortly);
    await send(page, 'form[action="/preferences"]', { email: 'robin@' });
  } },
  { name: 'manage-sent', async go(page, news) {
    await page.goto(`${news.url}/preferences`, kShortly);
    await send(page, 'form[action="/preferences"]', { email: 'eve@readers.example' });
  } },
  { name: 'confirm', go: linkOf('ana@readers.example', 'c') },
  { name: 'confirmed', async go(page, news) {
    await linkOf('ana@readers.example', 'c')(page, news);
    await send(page, 'main form');
  } },
  { name: 'not-me', go: linkOf('ben@readers.example', 'n') },
  { name: 'not-me-done', async go(page, news) {
    await linkOf('ben@readers.example', 'n')(page, news);
    await send(page, 'main form');
  } },
  { name: 'bad-link', go: visit('/c/AAAA') },
  { name: 'lost', go: visit('/no/such/page') },
  { name: 'alerts', async go(page, news) {
    news.correction ??= await sendAlerts(news);
    await page.goto(`${news.url}/alerts`, kShortly);
  } },
  { name: 'alert', async go(page, news) {
    await page.goto(`${news.url}/alerts`, kShortly);
    await page.locator('.alerts a', { hasText: 'aground' }).click();
  } },
  { name: 'alert-correction', go: (page, news) => page.goto(news.correction.page_url, kShortly) },
  { name: 'alert-retracted', async go(page, news) {
    await page.goto(`${news.url}/alerts`, kShortly);
    await page.locator('.alerts a', { hasText: 'closed until' }).click();
  } },
  { name: 'mute', go: linkOf('eve@readers.example', 'p', '/mute') },
  { name: 'muted', async go(page, news) {
    await linkOf('eve@readers.example', 'p', '/mute')(page, news);
    await send(page, 'main form');
  } },
  { name: 'preferences', go: linkOf('eve@readers.example', 'p') },
  { name: 'preferences-saved', async go(page, news) {
    await linkOf('eve@readers.example', 'p')(page, news);
    await Promise.all([page.waitForNavigation(kShortly),
      page.locator('button[value=save]').click()]);
  } },
  { name: 'preferences-problem', async go(page, news) {
    await linkOf('eve@readers.example', 'p')(page, news);
    await send(page, 'form[action*="/erase"]');
  } },
  { name: 'preferences-left', async go(page, news) {
    await linkOf('eve@readers.example', 'p')(page, news);
    await Promise.all([page.waitForNavigation(kShortly),
      page.locator('button[value=leave]').click()]);
  } },
  { name: 'erased', async go(page, news) {
    await linkOf('lee@readers.example', 'p')(page, news);
    await page.locator('[name=sure]').check();
    await send(page, 'form[action*="/erase"]');
  } },
  { name: 'unsubscribe', go: linkOf('kim@readers.example', 'u') },
  { name: 'unsubscribed', async go(page, news) {
    await linkOf('kim@readers.example', 'u')(page, news);
    await send(page, 'main form');
  } },
];
