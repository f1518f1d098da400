// Compares the ledger with what the sink has: is anybody lost, is every duplicate explained?
//
// A duplicate is explained by one of
//   unsure     the sink itself left the sender in doubt: cut, garbage or late instead of the answer
//   kill       the service was killed between the two: the reply was not yet durable
//   broken     the first went out among the last on a connection that then broke: its answer was on
//              the way when a message behind it was cut
// and by nothing else. At most once explains none at all.
import { kRefused } from './scenario.mjs';

// P2: a kill leaves in doubt what is in flight (a message and the one pipelined behind it, a
// connection), and what one group commit holds.
export const duplicatesPerKill = (connections) => 2 * connections + 1024;
const kInFlight = 2;  // messages on one connection

function byAddress(record) {
  const taken = new Map();
  for (const one of record) taken.set(one.address, [...(taken.get(one.address) ?? []), one]);
  return taken;
}

// How many messages came on its connection behind this one.
function placeFromEnd(record) {
  const count = new Map();
  const place = new Map();
  for (const one of [...record].reverse()) {
    const behind = count.get(one.connection) ?? 0;
    place.set(one, behind);
    count.set(one.connection, behind + 1);
  }
  return place;
}

// Which life of the service the message came from: the number of starts before its connection.
const lifeOf = (one, starts) => starts.filter((start) => start <= one.since).length;

function explain(first, second, { starts, place }) {
  if (first.answer !== '250') return 'unsure';
  if (lifeOf(first, starts) !== lifeOf(second, starts)) return 'kill';
  return place.get(first) < kInFlight ? 'broken' : undefined;
}

// `run`: {recipients, atMostOnce, starts, kills, connections}; `seen`: {status, verdict, alerts,
// ledger, record}. Answers {wrong: sentences, duplicates, explained, unknown, worstKill}.
export function judge(run, { status, verdict, alerts, ledger, record }) {
  const wrong = verdict.problems.map((problem) => `verify: ${problem}`);
  const expect = (what, is, should) => {
    if (is !== should) wrong.push(`${what}: ${is}, not ${should}`);
  };
  expect('alerts', alerts.length, 1);
  expect('audience', status.audience, run.recipients);
  expect('lines in the ledger', ledger.length, run.recipients);
  expect('addresses in the ledger', new Set(ledger.map((row) => row.address)).size,
    run.recipients);
  const { delivered, failed, expired, suppressed, unknown } = status;
  expect('sum of outcomes', delivered + failed + expired + suppressed + unknown, run.recipients);

  const taken = byAddress(record);
  const context = { starts: run.starts, place: placeFromEnd(record) };
  const sums = { wrong, duplicates: 0, lost: 0, unknown,
    explained: { unsure: 0, kill: 0, broken: 0 } };
  const perKill = new Map();  // duplicates by the life that had sent the first
  for (const row of ledger) {
    const copies = taken.get(row.address) ?? [];
    taken.delete(row.address);
    judgeOutcome(row, copies, run, sums);
    for (let i = 1; i < copies.length; i += 1) {
      sums.duplicates += 1;
      const why = explain(copies[i - 1], copies[i], context);
      if (why === undefined) wrong.push(`${row.address} got a second copy for no reason`);
      else sums.explained[why] += 1;
      if (why === 'kill') {
        const life = lifeOf(copies[i - 1], run.starts);
        perKill.set(life, (perKill.get(life) ?? 0) + 1);
      }
    }
    if (new Set(copies.map((copy) => copy.hash)).size > 1) {
      wrong.push(`${row.address} got two messages that differ`);
    }
    if (copies.some((copy) => copy.messageId !== row.message_id.replace(/[<>]/g, ''))) {
      wrong.push(`${row.address}: the ledger and the sink name different Message-IDs`);
    }
  }
  if (taken.size > 0) wrong.push(`${taken.size} messages to addresses outside the audience`);
  if (run.atMostOnce) expect('duplicates at most once', sums.duplicates, 0);
  sums.worstKill = Math.max(0, ...perKill.values());
  if (sums.worstKill > duplicatesPerKill(run.connections)) {
    wrong.push(`${sums.worstKill} duplicates after one kill`);
  }
  return sums;
}

function judgeOutcome(row, copies, run, sums) {
  const refused = row.address.startsWith(kRefused);
  // Who is refused after a cut stays unknown: the first copy might have been taken, for all that
  // the sender can know. At most once, whoever was in doubt stays so.
  const ends = [refused ? 'failed' : 'delivered'];
  if (refused || run.atMostOnce) ends.push('unknown');
  if (!ends.includes(row.outcome)) {
    sums.wrong.push(`${row.address} is ${row.outcome}: ${row.reply}`);
  }
  if (refused && copies.length > 0) {
    sums.wrong.push(`${row.address} was refused, and the sink has it`);
  }
  if (copies.length === 0 && row.outcome === 'delivered') {
    sums.lost += 1;
    sums.wrong.push(`${row.address} is lost: delivered says the ledger, the sink never had it`);
  }
}
