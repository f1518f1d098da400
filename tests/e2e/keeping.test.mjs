// Backup, restore and moving from one kind of database to the other: nothing is lost, nobody gets
// an alert twice, and what was erased is in no backup.
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, test } from 'node:test';
import { Newsroom, addressOf } from './support/lost.mjs';
import { PostgresServer } from './support/postgres_server.mjs';
import { Running, delay, eventually, run } from './support/process.mjs';
import { Scope } from './support/scope.mjs';
import { binary, cleanEnvironment, parseCsv, tocsin } from './support/tocsin.mjs';

const kReaders = 2000;
const scope = new Scope();
after(() => scope.close());

const folder = await scope.folder();
const backup = path.join(folder, 'backup');
const restored = `sqlite:${path.join(folder, 'restored.db')}`;
let room;

async function refused(command, pattern) {
  const done = await command;
  assert.equal(done.code, 1, done.stdout);
  assert.match(done.stderr, /^tocsin: [^\n]*\n$/);
  assert.match(done.stderr, pattern);
}

test('a backup at full rate is whole, private, and holds nobody who was erased', async () => {
  // Slow enough to be under way while the backup is made.
  room = await Newsroom.create(scope, { readers: kReaders,
    faults: ['--faults', 'delay=1,delay_ms=20'] });
  const { news } = room;
  await news.start();
  await room.fill(scope);
  const erased = 'to.be.forgotten@zz-readers.net';
  const file = path.join(folder, 'more.csv');
  await writeFile(file, `email\n${erased}\n`);
  await news.do('import', file, '--list', 'breaking', '--consent-source', 'a test');
  await news.do('subscriber', 'erase', erased);
  await room.send();
  await eventually('it is under way', async () => (await room.taken(1)).length > 300);
  const made = await news.do('backup', backup, '--json');
  const sent = (await room.taken(1)).length;
  assert.ok(sent < kReaders, `the alert was under way still: ${sent}`);
  assert.equal(made.subscribers, kReaders);
  assert.equal((await stat(backup)).mode & 0o777, 0o600);
  const bytes = await readFile(backup);
  assert.ok(bytes.includes(addressOf(7)));
  assert.ok(!bytes.includes('to.be.forgotten'));
  assert.equal(await room.everyoneGot(1), 0);
  await refused(news.cli('backup', backup), /is there already/);
  await refused(news.cli('backup', '/nonexistent/x'), /cannot/);
  // Whoever reaches the desk's listener only may not write files.
  const overTcp = await news.api('POST', '/api/v1/backup', { file: `${backup}2` }, { token: 'x' });
  assert.equal(overTcp.status, 403);
});

test('restored, every recipient is in exactly one state, and nobody is written to again',
  async () => {
    const { news } = room;
    await refused(news.cli('restore', backup), /in use|not empty/);
    await news.stop();
    await refused(news.cli('restore', backup), /is not empty: there are rows in/);
    await refused(news.cli('restore', path.join(folder, 'none')), /cannot read/);
    news.env.TOCSIN_STORE_URL = restored;
    const before = (await room.taken(1)).length;
    const done = await news.do('restore', backup, '--json');
    assert.deepEqual([done.stopped_alerts, done.problems], [[1], []]);
    await refused(news.cli('restore', backup), /is not empty/);
    await news.start();
    const status = await eventually('the rest is closed', async () => {
      const now = await news.status(1);
      return now.pending + now.deferred === 0 && now;
    });
    assert.equal(status.state, 'stopped');
    const { delivered, failed, expired, suppressed, unknown } = status;
    assert.equal(delivered + failed + expired + suppressed + unknown, kReaders);
    assert.ok(delivered > 0 && unknown > 0, JSON.stringify(status));
    await news.do('alert', 'verify', '1');
    await news.do('consent', 'verify');
    const rows = parseCsv(await news.do('alert', 'ledger', '1'));
    assert.equal(new Set(rows.map((row) => row.address)).size, kReaders);
    assert.equal((await room.taken(1)).length, before, 'nothing was sent');
    // A correction reaches all of them: who was delivered to and who perhaps was.
    const correction = await news.do('alert', 'send', '--kind', 'correction', '--of', '1', '--list',
      'breaking', '--headline', 'Corrected', '--summary', 'Short.', '--json');
    assert.equal(correction.audience, delivered + unknown);
    await news.do('alert', 'stop', String(correction.id));
    await news.stop();
  });

test('a copy that is killed again and again arrives, at PostgreSQL and back', async (t) => {
  const server = await PostgresServer.create();
  if (typeof server === 'string') return t.skip(server);
  scope.defer(() => server.stop());
  await run('psql', ['-h', server.folder, '-p', String(server.port), '-U', 'tocsin', '-d',
    'postgres', '-qc', 'CREATE DATABASE moved']);
  const postgres = `postgresql://tocsin@/moved?host=${server.folder}&port=${server.port}`;
  const back = `sqlite:${path.join(folder, 'back.db')}`;

  const killed = async (from, to) => {
    for (let ms = 40; ; ms += 25) {
      const copy = new Running(binary, ['store', 'copy', from, to], { env: cleanEnvironment() });
      await Promise.race([copy.ended, delay(ms)]);
      if (copy.end?.code === 0) return;
      // Killed between its last commit and its end, it was done.
      if (copy.end) {
        assert.match(copy.output(), /is not empty: .* one that came to its end is done/);
        return;
      }
      await copy.kill('SIGKILL');
    }
  };
  await killed(restored, postgres);
  await refused(tocsin(['store', 'copy', restored, postgres]), /is not empty/);
  await killed(postgres, back);
  // Each once more, in peace, for the checksums of every table.
  const sums = async (from) => {
    const copied = await tocsin(['store', 'copy', from, `${from}2`, '--json']);
    assert.equal(copied.code, 0, copied.stderr);
    return JSON.parse(copied.stdout);
  };
  const first = await sums(restored);
  const last = await sums(back);
  assert.deepEqual(last.tables, first.tables);
  assert.ok(Object.keys(first.tables).length > 20 && first.rows > 2 * kReaders);
  assert.deepEqual([last.consent_head, last.consent_problem], [first.consent_head, '']);

  const { news } = room;
  // The service goes on where it was moved to.
  news.env.TOCSIN_STORE_URL = postgres;
  await news.start();
  await news.do('consent', 'verify');
  await news.do('alert', 'verify', '1');
  await refused(tocsin(['store', 'copy', postgres, `${back}3`]), /in use by the node/);
  const second = path.join(folder, 'from_postgresql');
  const made = await news.do('backup', second, '--json');
  assert.equal(made.consent_head, first.consent_head);
  await news.stop();
});
