// The JSON API as a CMS uses it: tokens, idempotency, problems, pages of results; and the feeds.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { scriptedSmtp } from './support/scripted_smtp.mjs';
import { Scope } from './support/scope.mjs';
import { Tocsin } from './support/tocsin.mjs';

const scope = new Scope();
let news;
let token;

const alert = (headline, more = {}) => ({
  lists: ['breaking'], headline, summary: 'In one sentence.', url: 'https://paper.example/story',
  ...more,
});

function isProblem(answer, status, detail) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers['content-type'], /^application\/problem\+json/);
  const problem = answer.json();
  assert.equal(problem.status, status);
  assert.ok(problem.type && problem.title);
  assert.match(problem.detail ?? problem.title, detail);
}

async function makeToken(scopes) {
  const made = await news.api('POST', '/api/v1/tokens', { name: 'cms', scopes });
  assert.equal(made.status, 201, made.text);
  return made.json().token;
}

before(async () => {
  const smtp = await scriptedSmtp(scope);
  news = await Tocsin.create(scope,
    { relay: `smtp://127.0.0.1:${smtp.port}?tls=none` });
  await news.start();
  await news.do('list', 'create', 'breaking', '--name', 'Breaking News');
  token = await makeToken(['read', 'alerts:draft', 'alerts:release']);
  const subscribe = await news.post('/lists/breaking/signup', { email: 'ann@first-readers.net' });
  assert.equal(subscribe.status, 200);
});
after(() => scope.close());

test('without a token, or with a wrong one, nothing is told', async () => {
  isProblem(await news.api('GET', '/api/v1/alerts', undefined, { token: 'wrong' }), 401, /./);
  const none = await news.api('GET', '/api/v1/alerts', undefined,
    { token: 'x', headers: { authorization: '' } });
  isProblem(none, 401, /./);
  assert.equal(none.headers['www-authenticate'], 'Bearer');
});

test('a token does what its scopes allow and no more', async () => {
  const reader = await makeToken(['read']);
  const list = await news.api('GET', '/api/v1/lists', undefined, { token: reader });
  assert.equal(list.status, 200);
  isProblem(await news.api('POST', '/api/v1/alerts', alert('No'), { token: reader }), 403, /./);
  isProblem(await news.api('GET', '/api/v1/tokens', undefined, { token }), 403, /./);
});

test('the same idempotency key is one alert; another body under it is refused', async () => {
  const headers = { 'idempotency-key': 'story-4711' };
  const post = (body) => news.api('POST', '/api/v1/alerts', body, { token, headers });
  const one = await post(alert('Draft once'));
  const two = await post(alert('Draft once'));
  assert.equal(one.status, 201, one.text);
  assert.equal(two.status, 201, two.text);
  assert.equal(two.json().id, one.json().id);
  assert.equal(two.text, one.text);
  isProblem(await post(alert('Something else')), 409, /key/i);
});

test('two equal requests at once are one alert', async () => {
  const headers = { 'idempotency-key': 'at-once' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => (
    news.api('POST', '/api/v1/alerts', alert('At once'), { token, headers }))));
  assert.equal(new Set(answers.map((answer) => answer.json().id)).size, 1);
});

test('an audience that is empty is an error, never everyone', async () => {
  const post = (body) => news.api('POST', '/api/v1/alerts', body, { token });
  isProblem(await post(alert('To no one', { release: true })), 400, /no |empty|nobody/i);
  isProblem(await post(alert('x', { lists: ['nope'] })), 404, /nope/);
  const missing = await post(alert('x', { lists: [], release: true }));
  assert.ok([400, 422].includes(missing.status), missing.text);
});

test('what cannot be meant is refused with a reason', async () => {
  const post = (body) => news.api('POST', '/api/v1/alerts', body, { token });
  isProblem(await post('{"headline":'), 400, /JSON/);
  isProblem(await post('[1]'), 400, /object/);
  isProblem(await post({ ...alert('x'), headlin: 'typo' }), 400, /headlin/);
  isProblem(await post({ ...alert('x'), headline: 7 }), 400, /headline/);
  isProblem(await post({ ...alert('x'), kind: 'gossip' }), 400, /kind/);
  isProblem(await news.api('GET', '/api/v1/alerts/999999', undefined, { token }), 404, /./);
  isProblem(await news.api('GET', '/api/v1/nothing', undefined, { token }), 404, /./);
  isProblem(await news.api('DELETE', '/api/v1/alerts', undefined, { token }), 405, /./);
  const page = await news.api('GET', '/api/v1/alerts?cursor=abc', undefined, { token });
  isProblem(page, 400, /cursor/);
});

test('line breaks in a headline cannot reach the headers', async () => {
  const body = alert('Fire\r\nBcc: victim@other-readers.net');
  const answer = await news.api('POST', '/api/v1/alerts', body, { token });
  if (answer.status === 201) {
    const { id } = answer.json();
    const preview = await news.api('GET', `/api/v1/alerts/${id}/preview`, undefined, { token });
    assert.doesNotMatch(preview.json().subject, /[\r\n]/);
  } else {
    isProblem(answer, 400, /headline/i);
  }
});

test('approval binds the text: an edit voids it', async () => {
  const made = (await news.api('POST', '/api/v1/alerts', alert('To be approved'))).json();
  const where = `/api/v1/alerts/${made.id}`;
  const approved = await news.api('POST', `${where}/approve`, { hash: made.hash });
  assert.equal(approved.status, 200, approved.text);
  assert.equal(approved.json().state, 'approved');
  const edited = await news.api('PUT', where, { ...alert('Edited'), hash: made.hash });
  assert.equal(edited.status, 200, edited.text);
  assert.equal(edited.json().state, 'draft');
  isProblem(await news.api('POST', `${where}/release`, { hash: made.hash }), 409, /./);
  const stale = await news.api('POST', `${where}/approve`, { hash: made.hash });
  isProblem(stale, 409, /./);
});

test('pages of results hold every alert once, newest first', async () => {
  for (let i = 0; i < 7; i += 1) {
    await news.api('POST', '/api/v1/alerts', alert(`Number ${i}`), { token });
  }
  const whole = (await news.api('GET', '/api/v1/alerts?limit=200', undefined, { token })).json();
  const ids = [];
  let cursor = '';
  do {
    const page = (await news.api('GET', `/api/v1/alerts?limit=3${cursor}`, undefined, { token }))
      .json();
    assert.ok(page.alerts.length <= 3);
    ids.push(...page.alerts.map((one) => one.id));
    cursor = page.next_cursor ? `&cursor=${page.next_cursor}` : '';
  } while (cursor);
  assert.deepEqual(ids, whole.alerts.map((one) => one.id));
  assert.deepEqual(ids, [...ids].sort((a, b) => b - a));
});

test('the OpenAPI document names every path that the tests use', async () => {
  const answer = await news.api('GET', '/api/v1/openapi.json', undefined, { token });
  const document = answer.json();
  assert.match(document.openapi, /^3\./);
  for (const path of ['/alerts', '/alerts/{id}', '/alerts/{id}/approve', '/alerts/{id}/release',
    '/alerts/{id}/stop', '/alerts/{id}/ledger', '/lists', '/tokens']) {
    assert.ok(Object.keys(document.paths).some((known) => known.endsWith(path)), path);
  }
});

test('what was sent has a page and is in both feeds', async () => {
  const csv = 'email\nbob@first-readers.net\n';
  const file = `${news.folder}/readers.csv`;
  await import('node:fs/promises').then((fs) => fs.writeFile(file, csv));
  await news.do('import', file, '--list', 'breaking', '--consent-source', 'paper form, 2026');
  const sent = await news.api('POST', '/api/v1/alerts',
    alert('Bridge <closed> & "reopened"', { release: true }), { token });
  assert.equal(sent.status, 201, sent.text);
  await news.finished(sent.json().id);
  const page = await news.get(sent.json().page_url);
  assert.equal(page.status, 200);
  assert.match(page.text, /Bridge &lt;closed&gt; &amp; (&quot;|&#34;|")reopened/);

  const json = await news.get('/feed.json');
  assert.match(json.headers['content-type'], /^application\/feed\+json/);
  const feed = json.json();
  assert.equal(feed.version, 'https://jsonfeed.org/version/1.1');
  assert.equal(feed.items[0].title, 'Bridge <closed> & "reopened"');
  assert.equal(feed.items.length, 1);

  const atom = await news.get('/feed.atom');
  assert.match(atom.headers['content-type'], /^application\/atom\+xml/);
  assert.match(atom.text, /<feed xmlns="http:\/\/www\.w3\.org\/2005\/Atom"/);
  assert.match(atom.text, /<title[^>]*>Bridge &lt;closed&gt; &amp;/);
  for (const tag of ['id', 'updated', 'title']) assert.match(atom.text, new RegExp(`<${tag}`));
});
