// Readers who leave while an alert is sent, a server that tampers with TLS, a ledger that is
// damaged: what must not be sent is not sent, and what is wrong is said.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, test } from 'node:test';
import { certificateAuthority } from './support/ca.mjs';
import { Newsroom } from './support/lost.mjs';
import { onlySqlite } from './support/postgresql.mjs';
import { eventually, run } from './support/process.mjs';
import { Scope } from './support/scope.mjs';
import { scriptedSmtp } from './support/scripted_smtp.mjs';
import { Tocsin, parseCsv, readRecord, startSink } from './support/tocsin.mjs';

const scope = new Scope();
after(() => scope.close());

test('who leaves, or is erased, while it is sent gets nothing more', async () => {
  const server = await scriptedSmtp(scope);
  const news = await Tocsin.create(scope, { relay: `smtp://127.0.0.1:${server.port}?tls=none`,
    env: { TOCSIN_DELIVERY_CONNECTIONS_MAX: '1' } });
  await news.start();
  await news.do('list', 'create', 'breaking');
  const file = path.join(await scope.folder(), 'readers.csv');
  // In the order of sending: those who leave come last.
  const leave = 'leaves@zz-readers.net';
  const erase = 'erased@zz-readers.net';
  const rows = Array.from({ length: 1500 }, (_, i) => `r${i}@first-readers.net`);
  await writeFile(file, `email\n${[...rows, leave, erase].join('\n')}\n`);
  await news.do('import', file, '--list', 'breaking', '--consent-source', 'a test');
  const send = (...more) => news.do('alert', 'send', '--list', 'breaking', '--headline', 'News',
    '--summary', 'Short.', '--json', ...more);
  await send('--wait');
  const to = (address) => server.messages.filter((mail) => mail.includes(`\nTo: ${address}`)
    || mail.includes(`\nTo: <${address}>`));
  const [first] = to(leave);
  const link = first.replace(/\r\n\s/g, ' ').match(/List-Unsubscribe: .*?<(http[^>]+)>/i)[1];

  server.messages.length = 0;
  const { id } = await send();
  await eventually('it is under way', () => server.messages.length > 20);
  const left = await news.post(link, { 'List-Unsubscribe': 'One-Click' });
  assert.equal(left.status, 200);
  await news.do('subscriber', 'erase', erase);
  assert.ok(server.messages.length < rows.length, 'they left before their turn');
  const status = await news.finished(id);
  assert.deepEqual([status.delivered, status.suppressed], [rows.length, 2]);
  assert.deepEqual([to(leave).length, to(erase).length], [0, 0]);
  await news.do('alert', 'verify', String(id));
  await news.stop();
});

test('TLS stripped or refused sends nothing; what is injected counts nothing', async () => {
  const { ca, cert, key } = await certificateAuthority(await scope.folder());
  const record = path.join(await scope.folder(), 'record');
  const tlsSink = (faults) => startSink(scope, '--record', record, '--tls-cert', cert,
    '--tls-key', key, '--faults', faults);
  const relay = ({ port }) => `smtp://127.0.0.1:${port}?tls=required&ca=${ca}`;
  const news = await Tocsin.create(scope,
    { relay: relay(await tlsSink('starttls_hidden=0.5,starttls_refused=1')) });
  await news.start();
  await news.do('list', 'create', 'breaking');
  const file = path.join(await scope.folder(), 'readers.csv');
  await writeFile(file, 'email\nann@first-readers.net\n');
  await news.do('import', file, '--list', 'breaking', '--consent-source', 'a test');
  const { id } = await news.do('alert', 'send', '--list', 'breaking', '--headline', 'News',
    '--summary', 'Short.', '--json');
  await eventually('it says why', () => /TLS is required/.test(news.log()));
  assert.deepEqual(await readRecord(record), []);
  const { state, delivered, failed, expired } = await news.status(id);
  assert.deepEqual([state, delivered, failed, expired], ['released', 0, 0, 0]);
  await news.stop();
  // Replies in the clear behind the 220 are forgotten; the alert goes on over TLS.
  news.env.TOCSIN_DELIVERY_RELAY = relay(await tlsSink('starttls_injected=1'));
  await news.start();
  assert.equal((await news.finished(id)).delivered, 1);
  assert.equal((await readRecord(record)).length, 1);
  await news.stop();
});

// Changes the database of a service that does not run.
async function damage(news, sql) {
  const code = 'import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as db: '
    + 'print(db.execute(sys.argv[2]).rowcount)';
  const done = await run('python3', ['-c', code, path.join(news.folder, 'tocsin.db'), sql]);
  assert.equal(done.stdout.trim(), '1', done.stderr);
}

test('a damaged ledger is named by alert verify', onlySqlite, async () => {
  const room = await Newsroom.create(scope, { readers: 50 });
  const { news } = room;
  await news.start();
  await room.fill(scope);
  const damages = [
    // One byte, in the middle of the outcomes.
    [`UPDATE partition SET outcomes = CAST(substr(outcomes, 1, 8)
      || CASE substr(outcomes, 9, 1) WHEN x'00' THEN x'01' ELSE x'00' END || substr(outcomes, 10)
      AS BLOB) WHERE alert_id = $ID`, /partition 0/],
    ['UPDATE partition SET outcomes = NULL WHERE alert_id = $ID', /partition 0/],
    ['UPDATE partition SET delivered = delivered - 1, failed = 1 WHERE alert_id = $ID',
      /partition 0: its records do not add up to its sums/],
    ["UPDATE audience_chunk SET recipients = x'00' WHERE alert_id = $ID", /partition 0/],
    ['DELETE FROM audience_chunk WHERE alert_id = $ID', /partition 0/],
    ['UPDATE partition SET recipients = 49 WHERE alert_id = $ID', /partition 0/],
    ['UPDATE partition SET first_ordinal = 1 WHERE alert_id = $ID', /partition 0/],
    ['DELETE FROM partition WHERE alert_id = $ID', /ledger|partition|recipients/],
    ['UPDATE alert_clock SET audience = 51 WHERE alert_id = $ID', /another number of recipients/],
    ['DELETE FROM alert_clock WHERE alert_id = $ID', /clock/],
  ];
  const alerts = [];
  for (const [sql, says] of damages) {
    const id = await room.send('--wait');
    await news.do('alert', 'verify', String(id));
    alerts.push({ id, sql: sql.replaceAll('$ID', id), says });
  }
  const whole = await room.send('--wait');
  await news.stop();
  for (const { sql } of alerts) await damage(news, sql);
  await news.start();
  for (const { id, sql, says } of alerts) {
    const told = await news.cli('alert', 'verify', String(id));
    assert.equal(told.code, 1, `${sql}: ${told.stdout}`);
    assert.match(told.stderr, new RegExp(`alert ${id}`), sql);
    assert.match(told.stderr, says, sql);
  }
  // The others are as they were, and the service sends.
  await news.do('alert', 'verify', String(whole));
  await room.everyoneGot(await room.send());
  assert.equal(parseCsv(await news.do('alert', 'ledger', String(whole))).length, 50);
  await news.stop();
});
