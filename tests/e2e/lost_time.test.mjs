// Time is not what it seems: the machine's clock is set, or the service stands still for long.
// Nobody is lost, nothing is sent twice, nothing expires or waits that should not.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, test } from 'node:test';
import { delay, eventually } from './support/process.mjs';
import { Scope } from './support/scope.mjs';
import { Newsroom, long } from './support/lost.mjs';

const kReaders = 400;
const kFakeTime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const slowly = ['--faults', 'delay=1,delay_ms=25,rcpt4xx:r7@=0.0'];
const scope = new Scope();
after(() => scope.close());

const halfWay = (room, id, part) => eventually(`${part} of the readers have it`,
  async () => (await room.taken(id)).length >= room.readers * part);

test('the clock is set three hours forth and back while an alert is sent', async (t) => {
  if (!existsSync(kFakeTime)) return t.skip(`needs ${kFakeTime} (package faketime)`);
  const offset = path.join(await scope.folder(), 'offset');
  const setClock = (by) => writeFile(offset, `${by}\n`);
  await setClock('+0');
  const room = await Newsroom.create(scope, { readers: kReaders, faults: slowly });
  // Only the service's clock is set; the monotonic one goes on, as in life.
  const real = room.news.env;
  room.news.env = { ...real, LD_PRELOAD: kFakeTime, FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_TIMESTAMP_FILE: offset, FAKETIME_NO_CACHE: '1' };
  await room.news.start();
  room.news.env = real;
  await room.fill(scope);
  const before = await room.send('--not-after', '2h');
  await halfWay(room, before, 0.2);
  await setClock('+3h');
  await halfWay(room, before, 0.4);
  await setClock('-3h');
  await halfWay(room, before, 0.6);
  await setClock('+0');
  assert.equal(await room.everyoneGot(before), 0, 'copies sent twice');
  // Alerts released while the clock is wrong live as long as any.
  for (const wrong of ['+3h', '-3h']) {
    await setClock(wrong);
    const id = await room.send('--not-after', '2h');
    await halfWay(room, id, 0.3);
    await setClock('+0');
    assert.equal(await room.everyoneGot(id), 0, `copies sent twice, the clock at ${wrong}`);
  }
  const skewed = await room.news.get('/healthz');
  assert.equal(skewed.status, 200);
  await room.news.stop();
});

// Stands still as a machine does that is suspended or starved.
async function standStill(seconds) {
  const room = await Newsroom.create(scope, { readers: kReaders, faults: slowly });
  await room.news.start();
  await room.fill(scope);
  const id = await room.send();
  await halfWay(room, id, 0.2);
  room.news.process.child.kill('SIGSTOP');
  await delay(seconds * 1000);
  const asleep = (await room.taken(id)).length;
  assert.ok(asleep < kReaders);
  room.news.process.child.kill('SIGCONT');
  assert.equal(await room.everyoneGot(id), 0, 'copies sent twice');
  await room.news.stop();
}

test('the service stands still for a second', () => standStill(1));
if (long) test('the service stands still for longer than its leases', () => standStill(35));
