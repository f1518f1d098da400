// What happens to nodes in the middle of an alert. Each scenario gets a Cluster whose nodes all run
// and a seed's dice, harms it, and leaves the judging to the sink and the ledger; it answers
// figures for people. `seconds` is about how long a slow alert shall take.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { delay, eventually } from '../e2e/support/process.mjs';

const kFakeTime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const kStopMs = 1_000;  // the promise: nothing leaves later than this after a stop
const kWireMs = 1_000;  // a message that was handed out may take as long, on a machine this busy

const last = (record) => Math.max(0, ...record.map((one) => one.at));
const doubles = ({ duplicates, explained }) => ({ duplicates, ...explained });

// (a) One of three is killed at full rate; it may come back at once, or the others end it alone.
export async function kill(room, random) {
  const atMostOnce = random.below(4) === 0;
  const id = await room.release(random.one(room.webs), { at_most_once: atMostOnce });
  await room.underWay(id, random.between(0.05, 0.4));
  const victim = random.one(await room.sendersOf(id));
  const harm = room.harm('kill', victim);
  await victim.process.kill('SIGKILL');
  harm.mended();
  if (random.below(2) === 0) await victim.start();
  const sums = await room.judge(id, { events: [harm], atMostOnce,
    ends: () => ['delivered', ...(atMostOnce ? ['unknown'] : [])] });
  if (victim.process.end) {
    assert.ok(last(await room.takenFrom(id, victim)) < harm.until + kWireMs, 'the dead send');
  }
  return { ...doubles(sums), unknown: sums.unknown };
}

// (b) One stands still for longer than its leases, then goes on.
export async function standstill(room, random, { seconds }) {
  await room.slowSink(seconds);
  const id = await room.release(random.one(room.webs));
  await room.underWay(id, 0.1);
  const victim = random.one(await room.sendersOf(id));
  const harm = room.harm('standstill', victim);
  victim.process.child.kill('SIGSTOP');
  victim.away = true;
  await delay((room.lease + random.between(0.5, 1.5)) * 1000);
  const before = (await room.record.of(id)).length;
  victim.process.child.kill('SIGCONT');
  victim.away = false;
  await delay(kWireMs);  // replies that waited for it are read; what it had begun to write ends
  harm.mended();
  const sums = await room.everyoneGot(id, [harm]);
  assert.ok(before < room.readers, 'it went on in the middle of the alert');
  return doubles(sums);
}

// (c) One is cut off from the database: it must stop before its leases end, the others take over.
export async function cutoff(room, random, { seconds }) {
  await room.slowSink(seconds);
  const id = await room.release(random.one(room.webs));
  await room.underWay(id, 0.1);
  const victim = random.one(await room.sendersOf(id));
  const harm = room.harm('cut off', victim);
  victim.away = true;
  const silent = random.below(2) === 0;
  if (silent) victim.wire.hold();
  else await victim.wire.cut();
  await delay((room.lease + 0.5) * 1000);
  await eventually('it says that it is cut off', async () => (await victim.ready()).status === 503);
  await room.ended(id);
  harm.mended();
  const sent = (await room.takenFrom(id, victim)).filter((one) => one.at > harm.from);
  const after = Math.max(0, last(sent) - harm.from);
  assert.ok(after <= room.lease * 1000, `it sent for ${after} ms after it was cut off`);
  // Its replies of the meantime are nowhere but in its memory.
  harm.bound += sent.length;
  const sums = await room.everyoneGot(id, [harm]);
  await victim.wire.pass();
  victim.away = false;
  await victim.whenReady();
  return { ...doubles(sums), sent_for_ms: after, cut: silent ? 'silent' : 'reset' };
}

// (g) Stopped at full rate on all nodes.
export async function stop(room, random) {
  const id = await room.release(random.one(room.webs));
  await room.underWay(id, random.between(0.05, 0.3), room.sends);
  const begin = Date.now();
  const answer = await random.one(room.nodes).api('POST', `/api/v1/alerts/${id}/stop`, {});
  const answered = Date.now() - begin;
  assert.equal(answer.status, 200, answer.text);
  await delay(kStopMs * 2);
  const after = (await room.record.of(id)).filter((one) => one.at > begin);
  const last_ms = after.length === 0 ? 0 : last(after) - begin;
  assert.ok(last_ms <= kStopMs, `a message left ${last_ms} ms after the stop`);
  const sums = await room.judge(id, { ends: () => ['delivered', 'unknown', 'expired'] });
  assert.ok(sums.status.expired > 0, 'it was stopped before its end');
  return { answered_ms: answered, last_ms, after_stop: after.length, unknown: sums.unknown,
    expired: sums.status.expired };
}

// (h) Two alerts at once from two web nodes; then one alert at once from both is one release.
export async function releases(room, random) {
  const [one, two] = room.webs;
  const few = { lists: ['few'] };
  const ids = await Promise.all([room.release(one, few), room.release(two, few)]);
  assert.notEqual(ids[0], ids[1]);
  for (const id of ids) await room.theFewGot(id);

  const key = { 'idempotency-key': `once-${random.below(1e9)}` };
  const answers = await Promise.all([one, two, one, two].map((node) =>
    room.tryRelease(node, few, key)));
  const same = new Set();
  for (const answer of answers) {
    // Who asks while it is being done may be told to ask again.
    assert.ok([201, 409].includes(answer.status), answer.text);
    if (answer.status === 201) same.add(answer.json().id);
  }
  assert.equal(same.size, 1, 'one key, one alert');
  await room.theFewGot([...same][0]);

  const draft = (await room.tryRelease(one, { ...few, release: false })).json();
  const act = (node, what) => node.api('POST', `/api/v1/alerts/${draft.id}/${what}`,
    { hash: draft.hash });
  const approved = await act(two, 'approve');
  assert.equal(approved.status, 200, approved.text);
  const released = await Promise.all([act(one, 'release'), act(two, 'release')]);
  const codes = released.map((answer) => answer.status).sort().join(' ');
  assert.ok(['200 200', '200 409'].includes(codes), released.map((a) => a.text).join('\n'));
  await room.theFewGot(draft.id);
  return { released: codes };
}

// (i) The nodes' clocks are more than a minute off, each way. Alerts that live for less than that
// are neither late nor early.
export async function skew(room) {
  if (!existsSync(kFakeTime)) return { skipped: `needs ${kFakeTime} (package faketime)` };
  const clock = (by) => ({ LD_PRELOAD: kFakeTime, FAKETIME: by,
    FAKETIME_DONT_FAKE_MONOTONIC: '1' });
  const wrong = [[room.sends[0], '+70s'], [room.sends[1], '-70s'], [room.webs[0], '+70s'],
    [room.webs[1], '-70s']];
  await Promise.all(wrong.map(([node, by]) => room.restart(node, clock(by))));
  for (const web of room.webs) {
    const begin = Date.now();
    const id = await room.release(web, { not_after: 60 });
    const sums = await room.everyoneGot(id);
    assert.equal(sums.duplicates, 0, 'copies sent twice');
    const { first_ms, last_ms, released_at } = sums.status;
    assert.ok(first_ms >= 0 && last_ms >= first_ms && last_ms < Date.now() - begin + kWireMs,
      `its clock says ${first_ms} and ${last_ms} ms`);
    const off = Math.abs(Date.parse(released_at) - begin);
    assert.ok(off < 10_000, `released at ${released_at}, that is ${off} ms off`);
  }
  await Promise.all(wrong.map(([node]) => room.restart(node)));
  return {};
}

// (j) A correction right after a kill: for whom the original reached, or may have, and nobody else.
export async function correction(room, random) {
  const web = random.one(room.webs);
  const original = await room.release(web);
  await room.underWay(original, random.between(0.1, 0.3));
  const victim = random.one(await room.sendersOf(original));
  const harm = room.harm('kill', victim);
  await victim.process.kill('SIGKILL');
  harm.mended();
  const begin = Date.now();
  const id = await room.release(web, { kind: 'correction', of: original, lists: undefined });
  const released_ms = Date.now() - begin;
  const first = await room.judge(original, { events: [harm],
    ends: () => ['delivered', 'unknown', 'expired'] });
  const owed = first.ledger.filter((row) => ['delivered', 'unknown'].includes(row.outcome))
    .map((row) => row.address);
  const status = await room.ended(id);
  assert.equal(status.audience, owed.length, 'the correction is for delivered and unknown');
  const second = await room.judge(id, { recipients: owed.length });
  const reached = second.ledger.map((row) => row.address);
  assert.deepEqual(reached.sort(), owed.sort());
  const corrected = new Set(reached);
  const forgotten = first.record.filter((one) => !corrected.has(one.address)).length;
  assert.equal(forgotten, 0, 'who got the original gets the correction');
  return { released_ms, delivered: first.status.delivered, unknown: first.status.unknown,
    duplicates: second.duplicates };
}

// (k) Readers who are erased on a web node while others send get nothing that is handed out after
// the answer.
export async function leave(room, random, { seconds, leavers = 12 }) {
  await room.slowSink(seconds);
  const id = await room.release(random.one(room.webs));
  await room.underWay(id, 0.05, room.sends);
  const left = new Map();  // address: when it was answered
  for (let i = 0; i < leavers; i += 1) {
    const address = await room.takeReader(random);
    const answer = await random.one(room.webs).api('DELETE', `/api/v1/subscribers/${address}`);
    assert.ok(answer.status < 300, answer.text);
    left.set(address, Date.now());
  }
  const status = await room.ended(id);
  const late = (await room.record.of(id)).filter((one) => left.has(one.address))
    .map((one) => one.at - left.get(one.address));
  const latest_ms = Math.max(0, ...late);
  assert.ok(latest_ms <= kWireMs, `somebody got it ${latest_ms} ms after leaving`);
  assert.equal(status.delivered + status.suppressed, room.readers + leavers);
  assert.ok(status.suppressed > 0, 'somebody left before their turn');
  await room.judge(id, { recipients: room.readers + leavers,
    ends: () => ['delivered', 'suppressed'] });
  return { left: left.size, suppressed: status.suppressed, got_it: late.length,
    latest_ms };
}

// A web node dies while it releases; whoever asked asks the other one again, under the same key.
export async function handover(room, random) {
  const [one, two] = room.webs;
  const key = { 'idempotency-key': `handover-${random.below(1e9)}` };
  const few = { lists: ['few'] };
  const asked = room.tryRelease(one, few, key).catch((error) => ({ status: error.code }));
  await delay(random.between(0, 40));
  await one.process.kill('SIGKILL');
  const first = await asked;
  const again = await eventually('the other node answers', async () => {
    const answer = await room.tryRelease(two, few, key);
    return answer.status === 201 && answer;
  });
  const { id } = again.json();
  if (first.status === 201) assert.equal(first.json().id, id);
  await room.theFewGot(id);
  const alerts = (await two.api('GET', '/api/v1/alerts?limit=1')).json().alerts;
  assert.equal(alerts[0].id, id, 'one key, one alert');
  await one.start();
  return { first: first.status };
}

// All that send die at once, and come back.
export async function blackout(room, random) {
  const id = await room.release(random.one(room.webs));
  await room.underWay(id, random.between(0.05, 0.5));
  const harm = room.harm('kill');
  await Promise.all(room.sends.map((node) => node.process.kill('SIGKILL')));
  harm.mended();
  await delay(random.between(0, 2 * room.lease * 1000));
  await Promise.all(room.sends.map((node) => node.start()));
  return doubles(await room.everyoneGot(id, [harm]));
}
