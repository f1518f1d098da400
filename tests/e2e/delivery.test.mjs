// What happens to an alert while it is on its way: a reader leaves, it is corrected, the service is
// asked to end. The sink answers slowly and writes down what it took.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { delay, eventually } from './support/process.mjs';
import { Scope } from './support/scope.mjs';
import { Tocsin, parseCsv, readRecord, startSink } from './support/tocsin.mjs';

const kReaders = 400;
const scope = new Scope();
const late = 'zz@zz-last-readers.net';  // recipients are in the order of their domains
let news;
let record;

const took = async () => (await readRecord(record)).map((one) => one.address);
const send = (...more) => news.do('alert', 'send', '--list', 'breaking', '--headline', 'News',
  '--summary', 'Short.', '--json', ...more);

before(async () => {
  record = path.join(await scope.folder(), 'record');
  const sink = await startSink(scope, '--record', record, '--faults', 'delay=1,delay_ms=25');
  news = await Tocsin.create(scope, { relay: `smtp://127.0.0.1:${sink.port}?tls=none` });
  await news.start();
});
beforeEach(async () => {
  await writeFile(record, '');
});
after(() => scope.close());

test('a reader who leaves while it is being sent gets nothing after the answer', async () => {
  await news.do('list', 'create', 'breaking');
  const file = path.join(news.folder, 'readers.csv');
  const rows = Array.from({ length: kReaders }, (_, i) => `r${i}@first-readers.net`);
  await writeFile(file, `email\n${[...rows, late].join('\n')}\n`);
  await news.do('import', file, '--list', 'breaking', '--consent-source', 'a test');
  const { id } = await send();
  await eventually('it is under way', async () => (await took()).length > 20);
  await news.do('subscriber', 'erase', late);
  const already = (await took()).length;
  assert.ok(already < kReaders, `only ${already} were sent when the reader left`);
  const status = await news.finished(id);
  assert.deepEqual([status.audience, status.delivered, status.suppressed],
    [kReaders + 1, kReaders, 1]);
  assert.ok(!(await took()).includes(late));
  // An erased reader has no address in the ledger any more, and still one line.
  assert.equal(parseCsv(await news.do('alert', 'ledger', String(id))).length, kReaders + 1);
});

test('a correction ends the rest of the original and goes to those it had reached', async () => {
  const original = await send();
  await eventually('it is under way', async () => (await took()).length > 20);
  const correction = await send('--kind', 'correction', '--of', String(original.id), '--wait');
  const first = await news.status(original.id);
  assert.equal(first.state, 'stopped');
  assert.ok(first.delivered > 0 && first.delivered < kReaders, JSON.stringify(first));
  assert.equal(correction.audience, first.delivered + first.unknown);
  assert.equal(correction.delivered, correction.audience);
  const mails = await readRecord(record);
  const of = (alert) => mails.filter((mail) => mail.messageId.startsWith(`${alert}.`))
    .map((mail) => mail.address).sort();
  assert.deepEqual(of(correction.id), of(original.id));
});

test('asked to end in the middle, it ends soon, and goes on with no copy sent twice', async () => {
  const { id } = await send();
  await eventually('it is under way', async () => (await took()).length > 20);
  const begin = Date.now();
  await news.stop();
  assert.ok(Date.now() - begin < 12_000);
  const before = (await took()).length;
  assert.ok(before < kReaders);
  await delay(300);
  assert.equal((await took()).length, before, 'nothing is sent after the end');
  await news.start();
  const status = await news.finished(id);
  assert.equal(status.delivered, kReaders);
  const all = await took();
  assert.equal(new Set(all).size, kReaders);
  assert.equal(all.length, kReaders, 'no copy twice');
});
