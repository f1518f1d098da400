// What happens to the database in the middle of an alert: it is restarted, it fails over to its
// standby, strangers take all its connections. As nodes.mjs.
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

const kStormLimitMs = 20_000;
const kReady = '\x05I';  // the end of ReadyForQuery, the last of what PostgreSQL says at first

// Opens a connection to PostgreSQL as the news user does, waits until it is let in or refused,
// keeps it as long as it is told, drops it without a word.
async function stranger(port, keep) {
  const words = Buffer.from('user\0news\0database\0news\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + words.length, 0);
  head.writeInt32BE(196_608, 4);
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(Buffer.concat([head, words]));
  const letIn = await new Promise((resolve) => {
    socket.on('data', (bytes) => { if (bytes.toString('latin1').endsWith(kReady)) resolve(true); });
    socket.once('close', () => resolve(false));
  });
  await keep(letIn);
  socket.destroy();
}

// (f) Hundreds of clients come and go until there is no connection left, and sessions of Tocsin's
// are ended in the middle of it: it goes on, or comes back by itself.
export async function storm(room, random, { seconds, clients = 200, stormMs = 2_000 }) {
  await room.slowSink(seconds);
  const id = await room.release(random.one(room.webs));
  await room.underWay(id, 0.1, room.sends);
  const harm = room.harm('storm');
  let [let_in, refused] = [0, 0];
  let end = Date.now() + kStormLimitMs;
  const keep = async (letIn) => {
    if (letIn) let_in += 1;
    else refused += 1;
    // Nobody leaves before all are taken.
    while (refused === 0 && Date.now() < end) await delay(20);
    await delay(random.between(0, 500));
  };
  const crowd = Array.from({ length: clients }, async () => {
    while (Date.now() < end) await stranger(room.pg.port, keep);
  });
  await eventually('no connection is left', () => refused > 0, { limitMs: kStormLimitMs });
  end = Date.now() + stormMs;
  const ended = await room.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = 'news' AND backend_start < to_timestamp(${harm.from / 1000})
    ORDER BY random() LIMIT 5`);
  await Promise.all(crowd);
  harm.mended();
  for (const node of room.nodes) await node.whenReady();
  const sums = await judgeAll(room, id, harm);
  return { ...sums, let_in, refused, sessions_ended: ended.length };
}
