// Every command of the program, as an operator types it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { onlySqlite } from './support/postgresql.mjs';
import { Running, eventually, root } from './support/process.mjs';
import { Scope } from './support/scope.mjs';
import { Tocsin, binary, cleanEnvironment, parseCsv, startSink, tocsin }
  from './support/tocsin.mjs';

const scope = new Scope();
const kStatusKeys = ['id', 'kind', 'state', 'audience', 'delivered', 'failed', 'expired',
  'suppressed', 'unknown', 'deferred', 'pending', 'released_at', 'first_ms', 'p50_ms', 'p90_ms',
  'p99_ms', 'last_ms', 'rate'];
let news;
let sink;

before(async () => {
  sink = await startSink(scope);
  news = await Tocsin.create(scope, { relay: `smtp://127.0.0.1:${sink.port}?tls=none` });
  await news.start();
});
after(() => scope.close());

test('--help and --version', async () => {
  const help = await tocsin(['--help']);
  assert.equal(help.code, 0);
  for (const command of ['init', 'serve', 'dev', 'list', 'import', 'export', 'alert', 'subscriber',
    'consent', 'check-address', 'doctor', 'sink', 'bench']) {
    assert.match(help.stdout, new RegExp(`\\b${command}\\b`), command);
  }
  assert.match((await tocsin(['--version'])).stdout, /^tocsin \d+\.\d+\.\d+/);
});

test('init keeps secrets to their owner and says what comes next', onlySqlite, async () => {
  assert.match(news.initOutput, /_domainkey/);
  assert.match(news.initOutput, /https?:\/\/\S+/, 'the one-time link of the first account');
  for (const name of ['tocsin.toml', 'tocsin.db']) {
    const { mode } = await stat(path.join(news.folder, name));
    assert.equal(mode & 0o007, 0, `${name} is not for others`);
  }
});

test('config check explains every key', async () => {
  const told = await news.do('config', 'check');
  for (const key of ['public_url', 'relay', 'listen', 'selector']) {
    assert.ok(told.includes(key), key);
  }
  assert.match(told, /TOCSIN_HTTP_LISTEN/);
});

test('list create and list show', async () => {
  const made = await news.do('list', 'create', 'breaking', '--name', 'Breaking News',
    '--description', 'As it happens', '--json');
  assert.equal(made.slug, 'breaking');
  assert.match(await news.do('list', 'show'), /breaking.*Breaking News/);
  const shown = await news.do('list', 'show', 'breaking', '--json');
  assert.equal(shown.name, 'Breaking News');
  assert.equal(shown.active, 0);
});

test('import, and the same file again', async () => {
  const file = path.join(news.folder, 'three.csv');
  await writeFile(file,
    'email\nann@first-readers.net\nben@first-readers.net\ncy@third-readers.net\n');
  const order = ['import', file, '--list', 'breaking', '--consent-source', 'paper, 2026', '--json'];
  const one = await news.do(...order);
  assert.deepEqual([one.accepted, one.refused, one.duplicates, one.rows], [3, 0, 0, 3]);
  const two = await news.do(...order);
  assert.deepEqual([two.accepted, two.refused, two.duplicates, two.rows], [0, 0, 3, 3]);
  assert.equal((await news.do('list', 'show', 'breaking', '--json')).active, 3);
});

test('export gives back what was imported', async () => {
  const file = path.join(news.folder, 'out.csv');
  await news.do('export', file, '--list', 'breaking');
  const addresses = (await readFile(file, 'utf8')).match(/[\w.]+@[\w.-]+/g).sort();
  assert.deepEqual(addresses,
    ['ann@first-readers.net', 'ben@first-readers.net', 'cy@third-readers.net']);
});

test('alert send, status, ledger and verify', async () => {
  const sent = await news.do('alert', 'send', '--list', 'breaking', '--headline', 'Fire',
    '--summary', 'At the harbour.', '--url', 'https://paper.example/fire', '--wait', '--json');
  for (const key of kStatusKeys) assert.ok(key in sent, key);
  assert.deepEqual([sent.state, sent.delivered, sent.pending], ['finished', 3, 0]);
  assert.deepEqual(await news.status(sent.id), sent);
  const clock = await news.do('alert', 'status', String(sent.id));
  assert.match(clock, /3/);
  const rows = parseCsv(await news.do('alert', 'ledger', String(sent.id), '--format', 'csv'));
  assert.deepEqual(rows.map((row) => row.outcome), ['delivered', 'delivered', 'delivered']);
  await news.do('alert', 'verify', String(sent.id));
});

test('alert stop ends what is not yet sent, within a second', async () => {
  const slow = await startSink(scope, '--faults', 'delay=1,delay_ms=200');
  news.env.TOCSIN_DELIVERY_RELAY = `smtp://127.0.0.1:${slow.port}?tls=none`;
  const file = path.join(news.folder, 'many.csv');
  const rows = Array.from({ length: 500 }, (_, i) => `r${i}@many-readers.net`);
  await writeFile(file, `email\n${rows.join('\n')}\n`);
  await news.do('import', file, '--list', 'breaking', '--consent-source', 'a test');
  await news.stop();
  await news.start();
  const { id } = await news.do('alert', 'send', '--list', 'breaking', '--headline', 'Wrong',
    '--summary', 'To be stopped.', '--json');
  await eventually('some are delivered', async () => (await news.status(id)).delivered > 0);
  await news.do('alert', 'stop', String(id));
  const begin = Date.now();
  const at = async () => (await news.status(id)).delivered;
  await eventually('nothing more is delivered', async () => {
    const was = await at();
    await new Promise((resolve) => { setTimeout(resolve, 400); });
    return was === await at();
  }, { everyMs: 1 });
  assert.ok(Date.now() - begin < 2_500);
  const status = await news.status(id);
  assert.equal(status.state, 'stopped');
  assert.ok(status.delivered < status.audience);
  const sum = status.delivered + status.failed + status.expired + status.suppressed
    + status.unknown + status.deferred + status.pending;
  assert.equal(sum, status.audience);
  news.env.TOCSIN_DELIVERY_RELAY = `smtp://127.0.0.1:${sink.port}?tls=none`;
  await news.stop();
  await news.start();
});

test('subscriber show, export and erase', async () => {
  assert.match(await news.do('subscriber', 'show', 'ann@first-readers.net'), /breaking\s+active/);
  const record = JSON.parse(await news.do('subscriber', 'export', 'ann@first-readers.net'));
  assert.equal(record.address, 'ann@first-readers.net');
  assert.ok(record.consent.length >= 1);
  await news.do('subscriber', 'erase', 'ann@first-readers.net');
  assert.equal((await news.cli('subscriber', 'show', 'ann@first-readers.net')).code, 1);
  await news.do('consent', 'verify');
  await news.stop();
  for (const name of ['tocsin.db', 'tocsin.db-wal']) {
    const bytes = await readFile(path.join(news.folder, name)).catch(() => Buffer.alloc(0));
    assert.ok(!bytes.includes('ann@first-readers.net'), `${name} holds no trace of the address`);
  }
  await news.start();
});

test('an import of 100,000 rows goes on after command and service were killed', async () => {
  const file = path.join(news.folder, 'large.csv');
  const out = createWriteStream(file);
  out.write('email\n');
  for (let i = 0; i < 100_000; i += 1) {
    const row = i % 1000 === 7 ? `broken${i}@@x` : `reader${i}@large${i % 50}-readers.net`;
    if (!out.write(`${row}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  await news.do('list', 'create', 'large');
  const order = ['import', file, '--list', 'large', '--consent-source', 'a test', '--json',
    '--report', `${file}.refused`];
  const active = async () => (await news.do('list', 'show', 'large', '--json')).active;
  const first = new Running(binary, order, { env: cleanEnvironment(news.env) });
  await eventually('some rows are in', async () => (await active()) > 0, { everyMs: 5 });
  await first.kill('SIGKILL');
  await news.process.kill('SIGKILL');
  await news.start();
  assert.ok((await active()) > 0);
  const done = await news.do(...order);
  assert.deepEqual([done.rows, done.accepted, done.refused, done.duplicates],
    [100_000, 99_900, 100, 0]);
  assert.equal(await active(), 99_900);
  await news.do('consent', 'verify');
});

test('consent verify names the entry that was tampered with', onlySqlite, async () => {
  await news.stop();
  const tamper = new Running('python3', ['-c', 'import sqlite3, sys\n'
    + 'db = sqlite3.connect(sys.argv[1])\n'
    + 'db.execute("UPDATE consent_event SET page_url = \'https://elsewhere.example\' WHERE seq = 2")\n'
    + 'db.commit()', path.join(news.folder, 'tocsin.db')]);
  assert.equal((await tamper.ended).code, 0, tamper.output());
  await news.start();
  const verdict = await news.cli('consent', 'verify');
  assert.equal(verdict.code, 1);
  assert.match(verdict.stderr, /\b2\b/);
});

// {address, valid}; a symbol U+2400 + n stands for control character n, which XML cannot hold.
function readCases(xml) {
  const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  const point = (code) => String.fromCodePoint(code >= 0x2400 && code < 0x2420
    ? code - 0x2400 : code);
  const plain = (text) => text.replace(/&(#x?)?(\w+);/g, (_, sign, name) => (
    sign ? point(parseInt(name, sign === '#x' ? 16 : 10)) : named[name]));
  return xml.split('<test id=').slice(1).map((block) => ({
    address: plain(block.match(/<address>([^]*?)<\/address>/)?.[1] ?? ''),
    valid: /<category>ISEMAIL_(VALID_CATEGORY|DNSWARN)<\/category>/.test(block),
  }));
}

// Data from elsewhere, kept beside the repository.
const addresses = path.join(process.env.TOCSIN_SHARED ?? path.join(root, '..', 'shared'),
  'data', 'addresses');

test('check-address judges the 443 addresses of the isemail tests as documented', {
  skip: existsSync(addresses) ? false : `no folder ${addresses}: TOCSIN_SHARED names another`,
}, async () => {
  for (const [name, total, accepted] of [
    ['isemail-tests.xml', 164, 21], ['isemail-tests-original.xml', 279, 42]]) {
    const cases = readCases(await readFile(path.join(addresses, name), 'utf8'));
    assert.equal(cases.length, total);
    // One that holds a line feed cannot be asked about on a line; none of them is valid.
    const askable = cases.filter((one) => !one.address.includes('\n'));
    assert.ok(cases.every((one) => !one.valid || askable.includes(one)));
    const input = askable.map((one) => `${one.address}\n`).join('');
    const done = await tocsin(['check-address'], { input });
    assert.equal(done.code, 0, done.stderr);
    const verdicts = done.stdout.trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(verdicts.length, askable.length);
    verdicts.forEach((verdict, i) => {
      const { address, valid } = askable[i];
      assert.deepEqual(Object.keys(verdict).sort(), ['address', 'ok', 'reason', 'suggestion']);
      assert.equal(verdict.ok, valid && address !== 'test@io', JSON.stringify(verdict));
      assert.equal(verdict.ok, verdict.reason === '');
    });
    assert.equal(verdicts.filter((verdict) => verdict.ok).length, accepted);
  }
});

test('doctor gives each check as ok, warn or fail, with what to do', async () => {
  const done = await news.cli('doctor', '--json');
  const report = JSON.parse(done.stdout);
  assert.ok(report.length >= 5);
  for (const check of report) assert.match(check.level, /^(ok|warn|fail)$/);
  assert.match(done.stdout, /_domainkey/);
});

test('bench deliver prints the numbers that documents quote', async () => {
  const done = await tocsin(['bench', 'deliver', '--recipients', '2000', '--bytes', '4000',
    '--sign', 'rsa2048', '--json'], { limitMs: 90_000 });
  assert.equal(done.code, 0, done.stderr);
  const report = JSON.parse(done.stdout);
  for (const key of ['messages', 'seconds', 'rate', 'bytes_per_message', 'sign', 'sign_limit',
    'ratio', 'peak_rss_bytes', 'cpu_seconds', 'first_ms', 'p50_ms', 'p99_ms',
    'ledger_bytes_per_recipient']) {
    assert.ok(key in report, key);
  }
  assert.equal(report.messages, 2000);
});
