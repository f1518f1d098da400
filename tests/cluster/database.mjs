// What happens to the database in the middle of an alert: it is restarted, it fails over to its
// standby, strangers take all its connections. As nodes.mjs.
import assert from 'node:assert/strict';
import net from 'node:net';
import { delay, eventually } from '../e2e/support/process.mjs';

// Replies that were not yet committed when the database went are committed when it is back, as long
// as the leases last: the most duplicates come of leases that ran out meanwhile, and then what was
// sent after the harm counts too.
async function judgeAll(room, id, harm) {
  const late = (await room.record.of(id)).filter((one) => one.at > harm.from
    && one.at <= harm.from + room.lease * 1000);
  harm.bound += late.length;
  const sums = await room.everyoneGot(id, [harm]);
  const { duplicates, explained } = sums;
  return { duplicates, ...explained, gone_ms: harm.until - harm.from };
}

// (d) Restarted with -m immediate: every session is cut, what was not committed is gone.
export async function restart(room, random, { seconds }) {
  await room.slowSink(seconds);
  const id = await room.release(random.one(room.webs));
  await room.underWay(id, random.between(0.1, 0.4), room.sends);
  const harm = room.harm('database restarted');
  await room.pg.restartImmediately();
  harm.mended();
  for (const node of room.nodes) await node.whenReady();
  return judgeAll(room, id, harm);
}

// (e) The primary is killed, its synchronous standby takes over. The nodes know both, and look for
// the one that takes writes.
export async function failover(room, random, { seconds }) {
  const standby = await room.pg.standby();
  room.scope.defer(() => standby.stop());
  const url = room.urlOf(room.pg.port).replace(`:${room.pg.port}/`,
    `:${room.pg.port},127.0.0.1:${standby.port}/`);
  const both = { TOCSIN_STORE_URL: `${url}?target_session_attrs=read-write` };
  await Promise.all(room.nodes.map((node) => room.restart(node, both)));
  await room.slowSink(seconds);
  const id = await room.release(random.one(room.webs));
  await room.underWay(id, random.between(0.1, 0.4), room.sends);
  const harm = room.harm('failover');
  const primary = room.pg;
  await primary.kill();
  await delay(random.between(0, 500));
  await standby.promote();
  room.movesTo(standby);
  harm.mended();
  for (const node of room.nodes) await node.whenReady();
  const sums = await judgeAll(room, id, harm);
  await primary.stop();
  return sums;
}

// Opens a connection to PostgreSQL as the news user does, waits until it is let in or refused,
// keeps it for a moment, drops it without a word.
async function stranger(port, random) {
  const words = Buffer.from('user\0news\0database\0news\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + words.length, 0);
  head.writeInt32BE(196_608, 4);
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(Buffer.concat([head, words]));
  const answer = await new Promise((resolve) => {
    socket.once('data', (bytes) => resolve(String.fromCharCode(bytes[0])));
    socket.once('close', () => resolve(''));
  });
  await delay(random.between(300, 1_200));
  socket.destroy();
  return answer;  // 'R': let in; 'E': too many
}

// (f) Hundreds of clients come and go until there is no connection left, and sessions of Tocsin's
// are ended in the middle of it: it goes on, or comes back by itself.
export async function storm(room, random, { seconds, clients = 200, stormMs = 2_000 }) {
  await room.slowSink(seconds);
  const id = await room.release(random.one(room.webs));
  await room.underWay(id, 0.1, room.sends);
  const harm = room.harm('storm');
  const end = Date.now() + stormMs;
  const answers = { R: 0, E: 0 };
  const crowd = Array.from({ length: clients }, async () => {
    while (Date.now() < end) {
      const answer = await stranger(room.pg.port, random);
      if (answer in answers) answers[answer] += 1;
    }
  });
  await eventually('no connection is left', () => answers.E > 0, { limitMs: stormMs });
  const ended = await room.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = 'news' AND backend_start < to_timestamp(${harm.from / 1000})
    ORDER BY random() LIMIT 5`);
  await Promise.all(crowd);
  harm.mended();
  for (const node of room.nodes) await node.whenReady();
  const sums = await judgeAll(room, id, harm);
  assert.ok(answers.E > 0, 'every connection was taken');
  return { ...sums, let_in: answers.R, refused: answers.E, sessions_ended: ended.length };
}
