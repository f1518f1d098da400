// Measures what bench/cluster says.
import { parseArgs } from 'node:util';
import { Cluster } from '../tests/e2e/support/cluster.mjs';
import { delay } from '../tests/e2e/support/process.mjs';
import { Scope } from '../tests/e2e/support/scope.mjs';
import { httpRequest } from '../tests/e2e/support/tocsin.mjs';
import { figure, missed, section, table, whole } from './lib/figures.mjs';
import { cpuOf, description } from './lib/machine.mjs';
import { postgresCpu } from './lib/postgres_cpu.mjs';

const { values: options } = parseArgs({ options: {
  nodes: { type: 'string', default: '1,2,4' },
  recipients: { type: 'string', default: '100000' },
  'group-ms': { type: 'string' },
  json: { type: 'boolean', default: false },
} });
const kRecipients = Number(options.recipients);
const group = options['group-ms'];
const kPerDomain = 10_000;  // as large as a partition is
// As a server is that nobody has tuned, but for what counts.
const kSettings = { fsync: 'on', full_page_writes: 'on', max_connections: 100,
  shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.max': 1000 };
// What a driver says around its statements.
const kControl = /^(begin|start transaction|commit|rollback|savepoint|release|set|show)\b/i;

async function roundTrips(room) {
  const texts = await Promise.all(room.nodes.map(async (node) =>
    (await httpRequest({ port: node.deskPort, path: '/metrics' })).text));
  const metric = /^\w*round_trips\w*(?:{.*?})? (\S+)$/gm;
  const numbers = texts.flatMap((text) => [...text.matchAll(metric)])
    .map((match) => Number(match[1]));
  return numbers.length === 0 ? undefined : numbers.reduce((sum, number) => sum + number);
}

async function counters(room) {
  const [row] = await room.sql(`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0'),
      (SELECT wal_fpi FROM pg_stat_wal),
      (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database())`);
  const [wal, pages, commits] = row.map(Number);
  const nodes = await Promise.all(room.nodes.map((node) => cpuOf(node.process.child.pid)));
  return { wal, pages, commits, round_trips: await roundTrips(room),
    postgres: await postgresCpu(await room.pg.pids()),
    nodes: nodes.reduce((sum, cpu) => sum + cpu), sink: await cpuOf(room.sink.child.pid) };
}

async function statements(room) {
  const rows = await room.sql(`SELECT calls, regexp_replace(query, '\\s+', ' ', 'g')
    FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
    WHERE r.rolname = 'news' ORDER BY calls DESC`);
  return rows.map(([calls, query]) => ({ calls: Number(calls), query }));
}

// Waits until the alert has ended, and asks no node meanwhile: how often it asked the database.
async function quietEnd(room, id) {
  for (let looks = 1; ; looks += 1) {
    await delay(250);
    const [[state]] = await room.sql(`SELECT state FROM alert WHERE id = ${id}`);
    if (state === 'finished') return looks;
  }
}

async function measureAlert(room) {
  await room.sql('SELECT pg_stat_statements_reset()');
  const before = await counters(room);
  const id = await room.release(room.nodes[0]);
  const [[released]] = await room.sql("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')");
  const looks = await quietEnd(room, id);
  const all = await statements(room);
  const after = await counters(room);
  after.commits -= looks;
  const status = await room.ended(id);
  const verdict = (await room.nodes[0].api('GET', `/api/v1/alerts/${id}/verify`)).json();
  if (status.delivered !== room.readers || verdict.problems.length > 0) {
    throw new Error(`alert ${id}: ${status.delivered} delivered; ${verdict.problems.join('; ')}`);
  }
  const spent = (key) => after[key] - before[key];
  const perThousand = (count) => Number((count * 1000 / room.readers).toFixed(2));
  const calls = (list) => list.reduce((sum, one) => sum + one.calls, 0);
  const control = all.filter((one) => kControl.test(one.query));
  const work = all.filter((one) => !kControl.test(one.query));
  return {
    recipients: room.readers, rate: Math.round(status.rate), first_ms: status.first_ms,
    statements: perThousand(calls(work)), control_statements: perThousand(calls(control)),
    commits: perThousand(spent('commits')),
    round_trips: after.round_trips === undefined ? null : perThousand(spent('round_trips')),
    wal_bytes: Math.round(perThousand(spent('wal'))),
    wal_release_bytes: Math.round(perThousand(Number(released) - before.wal)),
    wal_full_pages: spent('pages'),
    postgres_cpu_share: spent('postgres') / (spent('postgres') + spent('nodes')),
    postgres_cpu_s: spent('postgres'), nodes_cpu_s: spent('nodes'), sink_cpu_s: spent('sink'),
    top: work.slice(0, 12).map((one) => `${one.calls} ${one.query.slice(0, 100)}`),
  };
}

async function measureStop(room) {
  await room.useSink();
  const id = await room.release(room.nodes[0]);
  await room.underWay(id, 0.1, room.nodes);
  const begin = Date.now();
  await room.nodes[0].api('POST', `/api/v1/alerts/${id}/stop`, {});
  const stop_answered_ms = Date.now() - begin;
  await delay(2000);
  const after = (await room.record.of(id)).map((one) => one.at - begin).filter((ms) => ms > 0);
  await room.ended(id);
  return { stop_answered_ms, stop_last_ms: Math.max(0, ...after), sent_after_stop: after.length };
}

async function measure(count) {
  const scope = new Scope();
  try {
    const nodes = Object.fromEntries(Array.from({ length: count }, (_, i) =>
      [`send${i + 1}`, 'send']));
    const room = await Cluster.create(scope, { readers: kRecipients, nodes, lease: 15,
      connections: 20, perDomain: kPerDomain, settings: kSettings, wires: false,
      env: group ? { TOCSIN_DELIVERY_OUTCOME_GROUP_MS: group } : {} });
    if (typeof room === 'string') throw new Error(room);
    await room.sql('CREATE EXTENSION pg_stat_statements');
    await room.startSink();
    await room.ended(await room.release(room.nodes[0]));  // connections and plans are there now
    for (const node of room.nodes) await node.whenReady();
    return { nodes: count, ...await measureAlert(room), ...await measureStop(room) };
  } finally {
    await scope.close();
  }
}

function show(found) {
  const command = `bench/cluster --nodes ${found.nodes} --recipients ${found.recipients}`
    + `${group ? ` --group-ms ${group}` : ''}`;
  const of = found.nodes === 1 ? 'one node' : `${found.nodes} nodes`;
  const add = (what, reached, rest = {}) => figure({ what: `${of}: ${what}`, reached, command,
    ...rest });
  add('messages a second', whole(found.rate));
  add('release to the first 250', `${found.first_ms} ms`);
  add('statements per 1,000 recipients', `${found.statements} (and ${found.control_statements} of `
    + `transaction control; ${found.commits} commits; `
    + `${found.round_trips ?? 'unknown'} round trips)`,
  { target: '<= 2', ok: found.statements <= 2 });
  add('WAL per 1,000 recipients', `${whole(found.wal_bytes)} bytes (release: `
    + `${whole(found.wal_release_bytes)}; ${found.wal_full_pages} whole pages in all)`,
  { target: '<= 4,096 bytes', ok: found.wal_bytes <= 4096 });
  add("PostgreSQL's part of the CPU", `${(100 * found.postgres_cpu_share).toFixed(1)} % `
    + `(${found.postgres_cpu_s.toFixed(2)} s, nodes ${found.nodes_cpu_s.toFixed(2)} s; the sink `
    + `apart: ${found.sink_cpu_s.toFixed(2)} s)`,
  { target: '<= 5 %', ok: found.postgres_cpu_share <= 0.05 });
  add('stop: the last message after it', `${found.stop_last_ms} ms (answered after `
    + `${found.stop_answered_ms} ms)`, { target: '<= 1 s', ok: found.stop_last_ms <= 1000 });
}

const counts = options.nodes.split(',').map(Number);
if (!options.json) {
  console.log(`# ${await description()}`);
  section('Several nodes on one PostgreSQL', `One signed alert (RSA-2048) to ${whole(kRecipients)}
    recipients in partitions of ${whole(kPerDomain)}, after one that opened the connections,
    through all nodes to the fast sink over 20 connections; PostgreSQL, nodes and sink share the
    cores. From before the release to the end.`);
}
for (const count of counts) {
  const found = await measure(count);
  if (options.json) console.log(JSON.stringify(found));
  else show(found);
}
if (!options.json) console.log(`\n${table()}`);
process.exit(missed() === 0 ? 0 : 1);
