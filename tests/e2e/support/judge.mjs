// Compares the ledger with what the sink has: is anybody lost, is every duplicate explained?
//
// A duplicate is explained by one of
//   unsure     the sink itself left the sender in doubt: cut, garbage or late instead of the answer
//   an event   what the test did (a kill, a cut wire, a database restarted) between the two: the
//              reply was not yet durable. No more of them than what was on its way or unsynced then
//   broken     the first went out among the last on a connection that then broke: its answer was on
//              the way when a message behind it was cut
// and by nothing else. At most once explains none at all.

// P2: an event leaves in doubt what is in flight (a message and the one pipelined behind it, a
// connection), and what one group commit holds.
const kInFlight = 2;  // messages on one connection
export const kGroup = 1024;
export const inDoubt = (connections) => kInFlight * connections + kGroup;
// What was taken so long before an event was durable then, on the busiest machine.
const kDurableMs = 10_000;
// What a sender had written when it died is read by the sink a little later.
const kWireMs = 1_000;

function byAddress(record) {
  const taken = new Map();
  for (const one of record) {
    if (taken.has(one.address)) taken.get(one.address).push(one);
    else taken.set(one.address, [one]);
  }
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

// An event: {what, node, from, until, bound}. `node` is whose sending it hit (its HELO; none: that
// of all), `from` and `until` (ms) when: from the harm to its repair. `bound`: so many duplicates.
function lieBetween(event, first, second) {
  const concerned = !event.node || first.helo === event.node || second.helo === event.node;
  return concerned && first.since <= event.until && second.at >= event.from
    && first.at > event.from - kDurableMs && first.at <= event.until + kWireMs;
}

function explain(first, second, { events, place }) {
  if (first.answer !== '250') return { what: 'unsure' };
  const event = events.find((one) => lieBetween(one, first, second));
  if (event) return event;
  return place.get(first) < kInFlight ? { what: 'broken' } : undefined;
}

// `run`: {recipients, events, atMostOnce, ends}. `ends(row)`: the outcomes that this reader may
// have, a list. `seen`: {status, verdict, ledger, record}. Answers {wrong: sentences, lost,
// duplicates, explained: {what: count}, worst: {what: most of one event}, unknown}.
export function judge(run, { status, verdict, ledger, record }) {
  const wrong = verdict.problems.map((problem) => `verify: ${problem}`);
  const expect = (what, is, should) => {
    if (is !== should) wrong.push(`${what}: ${is}, not ${should}`);
  };
  expect('audience', status.audience, run.recipients);
  expect('lines in the ledger', ledger.length, run.recipients);
  // An erased reader has no name there any more.
  const named = ledger.filter((row) => row.address !== '');
  expect('addresses in the ledger', new Set(named.map((row) => row.address)).size, named.length);
  const { delivered, failed, expired, suppressed, unknown } = status;
  expect('sum of outcomes', delivered + failed + expired + suppressed + unknown, run.recipients);
  const counts = { delivered, failed, expired, suppressed, unknown };
  for (const [outcome, count] of Object.entries(counts)) {
    const rows = ledger.filter((row) => row.outcome === outcome).length;
    expect(`${outcome} in the ledger`, rows, count);
  }

  const taken = byAddress(record);
  const context = { events: run.events, place: placeFromEnd(record) };
  const sums = { wrong, duplicates: 0, lost: 0, unknown, explained: {}, worst: {} };
  const ofEvent = new Map();
  for (const row of named) {
    const copies = taken.get(row.address) ?? [];
    taken.delete(row.address);
    judgeOutcome(row, copies, run, sums);
    for (let i = 1; i < copies.length; i += 1) {
      sums.duplicates += 1;
      const why = explain(copies[i - 1], copies[i], context);
      if (why === undefined) wrong.push(noReason(row, copies[i - 1], copies[i]));
      else sums.explained[why.what] = (sums.explained[why.what] ?? 0) + 1;
      if (why?.bound !== undefined) ofEvent.set(why, (ofEvent.get(why) ?? 0) + 1);
    }
    if (new Set(copies.map((copy) => copy.hash)).size > 1) {
      wrong.push(`${row.address} got two messages that differ`);
    }
    if (copies.some((copy) => copy.messageId !== row.message_id.replace(/[<>]/g, ''))) {
      wrong.push(`${row.address}: the ledger and the sink name different Message-IDs`);
    }
  }
  if (named.length === ledger.length && taken.size > 0) {
    wrong.push(`${taken.size} messages to addresses outside the audience`);
  }
  if (run.atMostOnce) expect('duplicates at most once', sums.duplicates, 0);
  for (const [event, count] of ofEvent) {
    sums.worst[event.what] = Math.max(sums.worst[event.what] ?? 0, count);
    if (count > event.bound) {
      wrong.push(`${count} duplicates after one ${event.what}, the bound is ${event.bound}`);
    }
  }
  return sums;
}

function noReason(row, first, second) {
  const copy = (one) => `${one.helo} at ${one.at} on connection ${one.connection}`;
  return `${row.address} got a second copy for no reason: ${copy(first)}, then ${copy(second)}`;
}

function judgeOutcome(row, copies, run, sums) {
  const ends = run.ends(row);
  if (!ends.includes(row.outcome)) {
    sums.wrong.push(`${row.address} is ${row.outcome}: ${row.reply}`);
  }
  if (copies.length > 0 && row.outcome !== 'delivered' && row.outcome !== 'unknown') {
    sums.wrong.push(`${row.address} is ${row.outcome}, and the sink has it`);
  }
  if (copies.length === 0 && row.outcome === 'delivered') {
    sums.lost += 1;
    sums.wrong.push(`${row.address} is lost: delivered says the ledger, the sink never had it`);
  }
}
