// A relay that allows so many connections and so many messages a second, and nodes that come and
// go: together they never take more, but for the moment that it takes to agree, and leave nothing
// of it unused. Takes half a minute: a dead node's part is given away ten seconds after it was last
// seen.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { delay } from '../e2e/support/process.mjs';

const kConnections = 9;
const kPerSecond = 300;
const kAgreeMs = 5_000;  // two heartbeats, and something for a busy machine
const kSilenceMs = 10_000;
const kSampleMs = 50;

// Connections that the sink has open.
async function connectionsTo(port) {
  const table = await readFile('/proc/net/tcp', 'utf8');
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').slice(1).map((line) => line.trim().split(/\s+/))
    .filter((row) => row[1]?.endsWith(local) && row[3] === '01').length;
}

// The most connections at once, while `watching` is true.
function watch(port) {
  const seen = { most: 0, on: true };
  seen.ended = (async () => {
    while (seen.on) {
      seen.most = Math.max(seen.most, await connectionsTo(port));
      await delay(kSampleMs);
    }
  })();
  seen.stop = () => { seen.on = false; return seen.ended; };
  return seen;
}

// What the sink got from now on for so long: {rate, parts: {node's name: its part}, most}.
async function measure(room, id, ms) {
  const begin = Date.now();
  const watching = watch(room.sinkPort);
  await delay(ms);
  await watching.stop();
  const end = Date.now();
  const lines = (await room.record.of(id)).filter((one) => one.at >= begin && one.at < end);
  const parts = Object.fromEntries(room.sends.map((node) => [node.name,
    lines.filter((one) => one.helo === node.helo).length / lines.length]));
  return { rate: lines.length * 1000 / (end - begin), parts, most: watching.most };
}

function within(found, what, nodes) {
  const told = `${what}: ${JSON.stringify(found)}`;
  assert.ok(found.most <= kConnections, told);
  assert.ok(found.rate <= kPerSecond * 1.15 && found.rate >= kPerSecond * 0.6, told);
  for (const node of nodes) {
    assert.ok(found.parts[node.name] >= 0.5 / nodes.length, `${node.name} has no part; ${told}`);
  }
}

export async function limits(room) {
  const rules = path.join(await room.scope.folder(), 'shaping.toml');
  await writeFile(rules, `[[smarthost]]\nname = "The relay"\nhost = ["127.0.0.1"]\n`
    + `connections = ${kConnections}\nper_second = ${kPerSecond}\n`);
  const [first, second, third] = room.sends;
  await Promise.all(room.sends.map((node) =>
    room.restart(node, { TOCSIN_DELIVERY_RULES: rules })));
  await third.stop();
  const id = await room.release(room.webs[0]);
  await room.underWay(id, 0.001, [first, second]);
  await delay(kAgreeMs);
  const two = await measure(room, id, 2_000);
  within(two, 'two nodes', [first, second]);
  await third.start({ TOCSIN_DELIVERY_RULES: rules });
  await room.underWay(id, 0.001, [third]);
  await delay(kAgreeMs);
  const three = await measure(room, id, 2_000);
  within(three, 'a third has joined', room.sends);
  const harm = room.harm('kill', first);
  await first.process.kill('SIGKILL');
  harm.mended();
  await delay(kSilenceMs + kAgreeMs);
  const left = await measure(room, id, 2_000);
  within(left, 'one is dead', [second, third]);
  await room.webs[0].api('POST', `/api/v1/alerts/${id}/stop`, {});
  const sums = await room.judge(id, { events: [harm],
    ends: () => ['delivered', 'unknown', 'expired'] });
  return { duplicates: sums.duplicates, two: Math.round(two.rate), three: Math.round(three.rate),
    left: Math.round(left.rate) };
}
