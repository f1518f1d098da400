// A smarthost that will not: no mail leaves in the clear, one line says why, nothing is lost, and
// the alert goes on when the smarthost is right again.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { certificateAuthority } from './support/ca.mjs';
import { eventually } from './support/process.mjs';
import { scriptedSmtp } from './support/scripted_smtp.mjs';
import { Scope } from './support/scope.mjs';
import { Tocsin, parseCsv } from './support/tocsin.mjs';

const scope = new Scope();
let news;
let ca;
let otherCa;
let id;

function serverOf(tls) {
  return { secure: { cert: readFileSync(tls.cert), key: readFileSync(tls.key) },
    extensions: ['STARTTLS', 'AUTH PLAIN LOGIN', 'PIPELINING'] };
}

async function restartWith(relay) {
  if (news.process) await news.stop();
  news.env.TOCSIN_DELIVERY_RELAY = relay;
  await news.start();
}

async function release(...more) {
  const sent = await news.do('alert', 'send', '--list', 'breaking', '--headline', 'News',
    '--summary', 'Short.', '--json', ...more);
  ({ id } = sent);
}

// The service says why within the log or the alert's status; the recipients are still to come.
async function saysWhy(pattern) {
  await eventually(`the log says ${pattern}`, () => pattern.test(news.log()));
  const status = await news.status(id);
  assert.equal(status.delivered + status.failed + status.expired + status.unknown, 0,
    JSON.stringify(status));
  assert.equal(status.pending + status.deferred, status.audience);
}

before(async () => {
  ca = await certificateAuthority(await scope.folder(), 'right');
  otherCa = await certificateAuthority(await scope.folder(), 'other');
  news = await Tocsin.create(scope, { relay: 'smtp://127.0.0.1:1?tls=none' });
  await news.start();
  await news.do('list', 'create', 'breaking', '--name', 'Breaking News');
  const file = path.join(news.folder, 'readers.csv');
  await writeFile(file, 'email\nann@first-readers.net\nben@first-readers.net\n');
  await news.do('import', file, '--list', 'breaking', '--consent-source', 'a test');
});
after(() => scope.close());

// What the last test left open is delivered, so that each test begins with nothing under way.
async function settle() {
  const good = await scriptedSmtp(scope, serverOf(ca));
  await restartWith(`smtp://u:p@localhost:${good.port}?tls=required&ca=${ca.ca}`);
  const status = await news.finished(id);
  assert.equal(status.delivered, 2, JSON.stringify(status));
  return good;
}

test('AUTH refused: one line names it, and mail waits', async () => {
  const smtp = await scriptedSmtp(scope, { ...serverOf(ca),
    answers: { AUTH: '535 5.7.8 authentication failed' } });
  await restartWith(`smtp://user:wrong@localhost:${smtp.port}?tls=required&ca=${ca.ca}`);
  await release();
  await saysWhy(/AUTH.*535|535.*(AUTH|password)|refused.*(user|password|AUTH)/i);
  assert.ok(!smtp.commands.some((line) => line.startsWith('MAIL')));
  assert.doesNotMatch(news.log(), /wrong/, 'the password is not logged');
  await settle();
});

test('TLS required and not offered (stripped): nothing is sent in the clear', async () => {
  const smtp = await scriptedSmtp(scope, { extensions: ['AUTH PLAIN'] });
  await restartWith(`smtp://user:secret@localhost:${smtp.port}?tls=required&ca=${ca.ca}`);
  await release();
  await saysWhy(/TLS|STARTTLS/);
  assert.ok(!smtp.commands.some((line) => /^(MAIL|AUTH)/.test(line)), smtp.commands.join('; '));
  await settle();
});

test('a certificate of another authority is not trusted', async () => {
  const smtp = await scriptedSmtp(scope, serverOf(otherCa));
  await restartWith(`smtp://user:secret@localhost:${smtp.port}?tls=required&ca=${ca.ca}`);
  await release();
  await saysWhy(/certificate/i);
  assert.ok(!smtp.commands.some((line) => /^(MAIL|AUTH)/.test(line)));
  await settle();
});

test('a certificate for another name is not trusted', async () => {
  const smtp = await scriptedSmtp(scope, serverOf(ca));
  await restartWith(
    `smtp://user:secret@localhost:${smtp.port}?tls=required&ca=${ca.ca}&tls_name=mx.other.net`);
  await release();
  await saysWhy(/certificate|mx\.other\.net/i);
  assert.ok(!smtp.commands.some((line) => /^(MAIL|AUTH)/.test(line)));
  await settle();
});

test('the sender is refused for good: failed, with the reply in the ledger', async () => {
  const smtp = await scriptedSmtp(scope, { ...serverOf(ca),
    answers: { MAIL: '550 5.7.1 sender not allowed here' } });
  await restartWith(`smtp://u:p@localhost:${smtp.port}?tls=required&ca=${ca.ca}`);
  await release('--not-after', '30m');
  const status = await eventually('it is failed or held', async () => {
    const now = await news.status(id);
    return (now.state === 'finished' || /sender not allowed/.test(news.log())) && now;
  });
  const rows = parseCsv(await news.do('alert', 'ledger', String(id)));
  const sum = status.delivered + status.failed + status.expired + status.suppressed
    + status.unknown + status.deferred + status.pending;
  assert.equal(sum, 2);
  if (status.failed === 2) {
    for (const row of rows) assert.match(row.reply, /550 5\.7\.1 sender not allowed here/);
  } else {
    await settle();
  }
});

test('one recipient refused for good: the other gets it', async () => {
  const smtp = await scriptedSmtp(scope, { ...serverOf(ca), answers: {
    RCPT: (line) => (line.includes('ben@') ? '550 5.1.1 no such user' : '250 2.1.5 ok') } });
  await restartWith(`smtp://u:p@localhost:${smtp.port}?tls=required&ca=${ca.ca}`);
  await release();
  const status = await news.finished(id);
  assert.deepEqual([status.delivered, status.failed], [1, 1]);
  const rows = parseCsv(await news.do('alert', 'ledger', String(id)));
  const ben = rows.find((row) => row.address.startsWith('ben@'));
  assert.match(ben.reply, /550 5\.1\.1 no such user/);
});

test('a greeting of 421, then better times: it is tried again and arrives', async () => {
  const smtp = await scriptedSmtp(scope, { ...serverOf(ca),
    answers: { greeting: '421 4.3.2 not now' } });
  await restartWith(`smtp://u:p@localhost:${smtp.port}?tls=required&ca=${ca.ca}`);
  await release();
  await eventually('it was tried', () => /421|not now/.test(news.log()));
  delete smtp.answers.greeting;
  const status = await news.finished(id, 90_000);
  assert.equal(status.delivered, 2);
});

test('disconnected after the final dot: sent again, byte for byte the same', async () => {
  const answers = { dot: null };
  const smtp = await scriptedSmtp(scope, { ...serverOf(ca), answers });
  await restartWith(`smtp://u:p@localhost:${smtp.port}?tls=required&ca=${ca.ca}`);
  await release();
  await eventually('one was taken', () => smtp.messages.length > 0);
  delete answers.dot;
  const status = await news.finished(id, 90_000);
  assert.equal(status.delivered, 2);
  const byReader = groupBy(smtp.messages, (mail) => mail.match(/^To: (.*)\r$/m)[1]);
  assert.equal(byReader.size, 2);
  for (const same of byReader.values()) assert.equal(new Set(same).size, 1);
});

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
