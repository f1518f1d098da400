// A disk that is full or broken in the middle of an alert: sending stops, the log says so in one
// line, and after the repair and a restart everyone has the alert.
import assert from 'node:assert/strict';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, test } from 'node:test';
import { Running, delay, eventually, run } from './support/process.mjs';
import { Scope } from './support/scope.mjs';
import { Newsroom, long } from './support/lost.mjs';

const kReaders = 600;
// What may be repeated: what was in flight, and the replies that never reached the disk.
const kRepeatedMax = 2 * 20 + 1024;
const scope = new Scope();
after(() => scope.close());

// The one line that the operator needs.
function saysOnce(news) {
  const lines = news.log().split('\n').filter((line) => /sending stops here/.test(line));
  assert.equal(lines.length, 1, news.log());
  assert.match(lines[0], /nothing is lost: free the disk or repair it, then restart/);
}

async function nothingMoreIsSent(room, id) {
  await delay(200);  // what was in flight may land
  const sent = (await room.taken(id)).length;
  await delay(200);
  assert.equal((await room.taken(id)).length, sent);
  assert.equal((await room.news.get('/readyz')).status, 503);
}

// A service whose disk failed may end with an error; it must end.
async function endAndStartAgain(room) {
  await room.news.process.stop();
  await room.news.start();
}

async function smallDisk(t) {
  const folder = await scope.folder();
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder])
    .catch((error) => ({ code: -1, stderr: error.message }));
  if (mounted.code !== 0) {
    t.skip(`needs a small disk, and a tmpfs cannot be mounted here: ${mounted.stderr.trim()}`);
    return undefined;
  }
  scope.defer(() => run('umount', ['-l', folder]));
  return folder;
}

// Writes until nothing more fits.
async function fillUp(file) {
  const handle = await open(file, 'w');
  try {
    for (const size of [64 * 1024, 4096, 512]) {
      const block = Buffer.alloc(size);
      for (;;) {
        const done = await handle.write(block).catch((error) => error);
        if (done.code === 'ENOSPC' || done.bytesWritten < size) break;
        if (done instanceof Error) throw done;
      }
    }
  } finally {
    await handle.close();
  }
}

test('a full disk', async (t) => {
  const folder = await smallDisk(t);
  if (!folder) return;
  const room = await Newsroom.create(scope, { readers: kReaders, folder,
    faults: ['--faults', 'delay=1,delay_ms=20'] });
  await room.news.start();
  await room.fill(scope);
  const id = await room.send();
  await eventually('it is under way', async () => (await room.taken(id)).length > 20);
  const filler = path.join(folder, 'filler');
  await fillUp(filler);
  await eventually('it stops', () => /sending stops here/.test(room.news.log()));
  assert.match(room.news.log(), /full/);
  saysOnce(room.news);
  await nothingMoreIsSent(room, id);
  assert.ok((await room.taken(id)).length < kReaders, 'the disk was full before the end');
  await rm(filler);
  await endAndStartAgain(room);
  const twice = await room.everyoneGot(id);
  assert.ok(twice <= kRepeatedMax, `${twice} copies twice`);
  await room.news.stop();
});

// The nth call from now of a process fails, and all after it.
async function breakDisk(t, pid, call, nth) {
  const strace = new Running('strace', ['-f', '-qq', '-o', '/dev/null', '-p', String(pid),
    '-e', `trace=${call}`, '-e', `inject=${call}:error=EIO:when=${nth}+`]);
  await delay(300);
  if (strace.end) {
    t.skip(`strace may not attach to a process here: ${strace.output().trim()}`);
    return undefined;
  }
  return strace;
}

const kFailing = long
  ? ['fdatasync', 'pwrite64'].flatMap((call) => Array.from({ length: 25 }, (_, i) => [call, i + 1]))
  : [['fdatasync', 1], ['fdatasync', 4], ['pwrite64', 2], ['pwrite64', 9]];

test(`a broken disk: EIO at ${kFailing.length} places`, async (t) => {
  const room = await Newsroom.create(scope, { readers: kReaders,
    faults: ['--faults', 'delay=1,delay_ms=10'] });
  await room.news.start();
  await room.fill(scope);
  for (const [call, nth] of kFailing) {
    const strace = await breakDisk(t, room.news.process.child.pid, call, nth);
    if (!strace) return;
    const what = `EIO at ${call} ${nth}`;
    // Whether the release itself is what fails is told to who asked for it.
    const asked = await room.news.cli('alert', 'send', '--list', 'breaking', '--headline', what,
      '--summary', 'Short.', '--idempotency-key', what, '--json');
    await eventually(`${what}: it stops`, () => /sending stops here/.test(room.news.log()));
    saysOnce(room.news);
    await strace.stop('SIGINT');
    await endAndStartAgain(room);
    const again = await room.news.do('alert', 'send', '--list', 'breaking', '--headline', what,
      '--summary', 'Short.', '--idempotency-key', what, '--json');
    if (asked.code === 0) assert.equal(again.id, JSON.parse(asked.stdout).id, what);
    const twice = await room.everyoneGot(again.id);
    assert.ok(twice <= kRepeatedMax, `${what}: ${twice} copies twice`);
  }
  await room.news.stop();
});
