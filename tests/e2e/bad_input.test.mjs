// What is wrong gets one clear line, or a plain page, with the right code; and nothing is lost.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { onlySqlite } from './support/postgresql.mjs';
import { eventually, freePort, run } from './support/process.mjs';
import { scriptedSmtp } from './support/scripted_smtp.mjs';
import { Scope } from './support/scope.mjs';
import { Tocsin, tocsin } from './support/tocsin.mjs';

const scope = new Scope();
let news;
let smtp;
let scratch;

// One plain line on stderr that says what is wrong, nothing on stdout.
function isOneLine(done, code, ...patterns) {
  const told = JSON.stringify(done);
  assert.equal(done.code, code, told);
  assert.match(done.stderr, /^tocsin: [^\n]+\n$/, told);
  assert.equal(done.stdout, '', told);
  for (const pattern of patterns) assert.match(done.stderr, pattern);
}

// A page for people, not a trace, and without a word that only programmers know. What is no HTTP
// gets one line of text: no browser sends it.
function isPlainPage(answer, status) {
  assert.equal(answer.status, status, answer.text.slice(0, 500));
  if (status !== 400 || !answer.headers['content-type'].startsWith('text/plain')) {
    assert.match(answer.headers['content-type'], /^text\/html/);
    assert.match(answer.text, /<h1/);
  }
  assert.doesNotMatch(answer.text, /exception|null|undefined|stack|std::/i);
}

before(async () => {
  scratch = await scope.folder();
  smtp = await scriptedSmtp(scope);
  news = await Tocsin.create(scope, { relay: `smtp://127.0.0.1:${smtp.port}?tls=none` });
  await news.start();
  await news.do('list', 'create', 'breaking', '--name', 'Breaking News');
});
after(() => scope.close());

test('an unknown command, an unknown option and a missing one', async () => {
  isOneLine(await tocsin(['frobnicate']), 2, /frobnicate/);
  isOneLine(await tocsin([]), 2, /command/i);
  isOneLine(await tocsin(['alert', 'send', '--headlin', 'x']), 2);
  isOneLine(await tocsin(['alert', 'send', '--summary', 'x']), 2, /headline/);
  isOneLine(await tocsin(['alert', 'status', 'seven']), 2, /seven/);
  isOneLine(await news.cli('alert', 'send', '--list', 'breaking', '--headline', 'x', '--summary',
    'y', '--not-after', 'soon'), 2, /soon/);
});

test('a configuration that is broken names file, line and key', async () => {
  const good = await news.readConfig();
  const broken = async (name, change) => {
    const file = path.join(scratch, `${name}.toml`);
    await writeFile(file, change(good));
    return [file, await tocsin(['serve', '--config', file])];
  };
  const lineOf = (text, what) => text.slice(0, text.indexOf(what)).split('\n').length;
  {
    const [file, done] = await broken('syntax', (text) => text.replace('[store]', '[store'));
    isOneLine(done, 1, new RegExp(`${file}:${lineOf(good, '[store]')}`));
  }
  {
    const change = (text) => text.replace('[http]', '[http]\nlisen = "127.0.0.1:1"');
    const [file, done] = await broken('unknown', change);
    isOneLine(done, 1, new RegExp(`${file}:${lineOf(change(good), 'lisen')}`), /lisen/);
  }
  {
    const change = (text) => text.replace(/^from = .*$/m, 'from = 7');
    const [file, done] = await broken('type', change);
    isOneLine(done, 1, new RegExp(`${file}:${lineOf(change(good), 'from = 7')}`), /from/);
  }
});

test('a bad setting in the environment is named by its variable', async () => {
  const done = await tocsin(['serve'], { env: { ...news.env, TOCSIN_HTTP_LISTEN: 'nowhere' } });
  isOneLine(done, 1, /TOCSIN_HTTP_LISTEN/);
});

test('no configuration at all', async () => {
  isOneLine(await tocsin(['serve'], { cwd: scratch }), 1, /tocsin\.toml/, /init/);
});

test('a service that does not run', async () => {
  const idle = await Tocsin.create(scope, { relay: 'smtp://127.0.0.1:1?tls=none' });
  isOneLine(await idle.cli('alert', 'status', '1'), 1, /serve|running/);
});

test('init does not overwrite what is there', async () => {
  const config = await news.readConfig();
  const again = await tocsin(['init', '--dir', news.folder, '--name', 'Other', '--from',
    'other@harbourpost.net', '--public-url', 'https://other.example']);
  isOneLine(again, 1, /exist|already/);
  assert.equal(await news.readConfig(), config);
});

test('a database that another service has open', async () => {
  const [port, desk] = [await freePort(), await freePort()];
  const second = await tocsin(['serve'], { env: { ...news.env,
    TOCSIN_HTTP_LISTEN: `127.0.0.1:${port}`, TOCSIN_HTTP_DESK_LISTEN: `127.0.0.1:${desk}` } });
  isOneLine(second, 1, /in use|running/i);
  assert.equal((await news.get('/readyz')).status, 200);
  await news.do('list', 'show');
});

test('a port that is taken', async () => {
  const other = await Tocsin.create(scope, { relay: 'smtp://127.0.0.1:1?tls=none' });
  other.env.TOCSIN_HTTP_LISTEN = `127.0.0.1:${news.port}`;
  isOneLine(await other.cli('serve'), 1, new RegExp(String(news.port)));
});

test('a database of a newer version, and a file that is no database', onlySqlite, async () => {
  const other = await Tocsin.create(scope, { relay: 'smtp://127.0.0.1:1?tls=none' });
  await other.start();
  await other.stop();
  const file = path.join(other.folder, 'tocsin.db');
  const newer = await run('python3', ['-c', 'import sqlite3, sys\n'
    + 'db = sqlite3.connect(sys.argv[1])\n'
    + 'db.execute("INSERT INTO schema VALUES (9999, \'of the future\', 0)")\n'
    + 'db.commit()', file]);
  assert.equal(newer.code, 0, newer.stderr);
  isOneLine(await other.cli('serve'), 1, /newer/);
  await writeFile(file, 'this is a shopping list, not a database\n'.repeat(100));
  isOneLine(await other.cli('serve'), 1, /database/);
});

test('a CSV with bad rows: each is named with its reason, the good ones are in', async () => {
  const file = path.join(scratch, 'readers.csv');
  await writeFile(file, Buffer.concat([Buffer.from(
    'name,Email\r\n"Ann, of the east quay",ann@first-readers.net\r\nBob,not-an-address\r\n'
    + 'Cy,cy@first-readers.net\r\nCy again,CY@first-readers.net\r\n,\r\nshort\r\n'
    + '"open quote,x@first-readers.net\r\nDee,dee@first-readers.net\r\n"'), Buffer.from('\n'),
  Buffer.from('Eve,'), Buffer.from([0xff, 0xfe]), Buffer.from('@first-readers.net\n')]));
  const done = await news.cli('import', file, '--list', 'breaking', '--consent-source', 'a test',
    '--json');
  assert.equal(done.code, 0, done.stderr);
  const counts = JSON.parse(done.stdout);
  assert.equal(counts.accepted + counts.refused + counts.duplicates + counts.kept_out, counts.rows);
  assert.equal(counts.duplicates, 1);
  const lines = done.stderr.trim().split('\n');
  assert.equal(lines.length, counts.refused);
  assert.match(done.stderr, new RegExp(`${file}:3: .+`));
  await news.do('subscriber', 'show', 'ann@first-readers.net');
  await news.do('subscriber', 'show', 'cy@first-readers.net');
  const none = path.join(scratch, 'nothing.csv');
  isOneLine(await news.cli('import', none, '--list', 'breaking', '--consent-source', 'x'), 1,
    /nothing\.csv/);
  isOneLine(await news.cli('import', file, '--list', 'nope', '--consent-source', 'x'), 1, /nope/);
});

test('over-long, binary and malformed forms', async () => {
  const signup = '/lists/breaking/signup';
  const bad = [
    `email=${'a'.repeat(400)}@first-readers.net`,
    'email=ann%00@first-readers.net',
    'email=ann@first-readers.net%0d%0aBcc:x@y.net',
    'email=%ff%fe@first-readers.net',
    'email=',
    'mail=ann@first-readers.net',
    'email=ann',
    'email=test%40io',
  ];
  for (const body of bad) {
    const answer = await news.post(signup, body);
    assert.ok([400, 413, 422].includes(answer.status), `${body.slice(0, 60)}: ${answer.status}`);
    isPlainPage(answer, answer.status);
  }
  isPlainPage(await news.post(signup, 'email=%zz'), 400);
  isPlainPage(await news.post(signup, `email=a@b.net&x=${'y'.repeat(70_000)}`), 400);
  const many = Array.from({ length: 200 }, (_, i) => `f${i}=1`).join('&');
  isPlainPage(await news.post(signup, many), 400);
  const huge = await news.post(signup, `email=${'a'.repeat(3 * 1024 * 1024)}`)
    .catch((error) => ({ status: 413, reset: error.message }));
  assert.equal(huge.status, 413);
  const png = await news.post(signup, '\x89PNG\r\n\x1a\n\0\0', { 'content-type': 'image/png' });
  assert.ok([400, 415].includes(png.status), String(png.status));
  isPlainPage(await news.post('/lists/nope/signup', 'email=ann@first-readers.net'), 404);
  isPlainPage(await news.get('/no/such/page'), 404);
  isPlainPage(await news.get(`/${'x'.repeat(5000)}`), 404);
  assert.equal((await news.get('/readyz')).status, 200);
});

test('a bad address keeps what was typed and says what is wrong beside the field', async () => {
  const answer = await news.post('/lists/breaking/signup', { email: 'ann@', marketing: 'yes' });
  assert.equal(answer.status, 422);
  assert.match(answer.text, /Please enter a valid email address/);
  assert.match(answer.text, /value="ann@"/);
  assert.match(answer.text, /aria-invalid="true"/);
  assert.match(answer.text, /name="marketing"[^>]*checked/);
  const json = await news.post('/lists/breaking/signup', JSON.stringify({ email: 'ann@gmial.com' }),
    { 'content-type': 'application/json', accept: 'application/json' });
  assert.equal(json.json().suggestion, 'ann@gmail.com');
});

test('twenty sign-ups of one address at once are one mail', async () => {
  const before = smtp.messages.length;
  const address = 'same@second-readers.net';
  const answers = await Promise.all(Array.from({ length: 20 }, () => (
    news.post('/lists/breaking/signup', { email: address }))));
  assert.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
  await eventually('the confirmation is sent', () => smtp.messages.length > before);
  await news.do('alert', 'send', '--list', 'breaking', '--headline', 'To the others',
    '--summary', 'y', '--wait');
  const mails = smtp.messages.filter((mail) => mail.includes(`To: ${address}`)
    || mail.includes(`To: <${address}>`));
  assert.equal(mails.length, 1);
});

test('forged, cut and misused links open a plain page and change nothing', async () => {
  const mail = smtp.messages.find((one) => one.includes('same@second-readers.net'));
  const link = mail.replace(/=\r\n/g, '').match(/\/c\/([\w-]+)/);
  assert.ok(link, mail);
  const token = link[1];
  const flipped = (token[0] === 'A' ? 'B' : 'A') + token.slice(1);
  for (const where of [`/c/${flipped}`, `/c/${token.slice(0, -1)}`, '/c/x',
    `/c/${'A'.repeat(4000)}`, `/u/${token}`, `/p/${token}`, '/u/%00',
    '/p/..%2f..%2fetc%2fpasswd']) {
    for (const answer of [await news.get(where), await news.post(where)]) {
      assert.ok([400, 403, 404, 410].includes(answer.status), `${where}: ${answer.status}`);
      isPlainPage(answer, answer.status);
    }
  }
  const show = await news.do('subscriber', 'show', 'same@second-readers.net', '--json');
  assert.equal(show.subscriptions[0].state, 'pending');
});

test('commands about what does not exist', async () => {
  isOneLine(await news.cli('alert', 'status', '4711'), 1, /4711|no such/i);
  isOneLine(await news.cli('alert', 'stop', '4711'), 1);
  isOneLine(await news.cli('alert', 'ledger', '4711'), 1);
  isOneLine(await news.cli('list', 'show', 'nope'), 1, /nope|no such/i);
  isOneLine(await news.cli('list', 'create', 'Not A Slug'), 1);
  isOneLine(await news.cli('list', 'create', 'breaking'), 1, /breaking|exists/);
  isOneLine(await news.cli('subscriber', 'show', 'nobody@first-readers.net'), 1);
  isOneLine(await news.cli('subscriber', 'erase', 'not an address'), 1);
  isOneLine(await news.cli('alert', 'send', '--list', 'nope', '--headline', 'x', '--summary', 'y'),
    1, /nope/);
  await news.do('list', 'create', 'empty');
  isOneLine(await news.cli('alert', 'send', '--list', 'empty', '--headline', 'x', '--summary', 'y'),
    1, /empty|no |nobody/i);
});

test('a log line never holds a whole address, and no request broke the service', onlySqlite,
  async () => {
  assert.doesNotMatch(news.log(), /same@second-readers\.net/);
  assert.doesNotMatch(news.log(), /CHECK|terminate|AddressSanitizer/);
  await news.stop();
  const left = await readFile(path.join(news.folder, 'tocsin.db'));
  assert.ok(left.length > 0);
});
