// Measures what bench/signup says.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { delay, freePort, run } from '../tests/e2e/support/process.mjs';
import { Scope } from '../tests/e2e/support/scope.mjs';
import { Tocsin, startSink } from '../tests/e2e/support/tocsin.mjs';
import { SignupClient, quantile, statusOf } from './lib/signup_client.mjs';

const { values: options } = parseArgs({ options: {
  rate: { type: 'string', default: '2000' },
  seconds: { type: 'string', default: '30' },
  connections: { type: 'string', default: '300' },
  attack: { type: 'boolean', default: false },
} });
const rate = options.attack ? 1000 / 60 : Number(options.rate);
const seconds = Number(options.seconds);

// Rows a second that the disk takes in groups of 64.
async function rawInserts(folder) {
  const script = `
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('PRAGMA journal_mode=WAL'); db.execute('PRAGMA synchronous=FULL')
db.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB)')
row, rows, end = b'x' * 2000, 0, time.monotonic() + 3
while time.monotonic() < end:
    db.execute('BEGIN')
    for _ in range(64): db.execute('INSERT INTO t (b) VALUES (?)', (row,))
    db.execute('COMMIT'); rows += 64
print(rows / 3)`;
  const done = await run('python3', ['-c', script, path.join(folder, 'raw.db')]);
  return Math.round(Number(done.stdout));
}

async function cpuSeconds(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function addressOf(i) {
  return options.attack ? `victim${i % 9}@agency-here.net` : `r${i}@readers${i % 5000}.net`;
}

// Sends on time; what comes of it.
async function spike(port) {
  const total = Math.round(rate * seconds);
  const idle = Array.from({ length: Number(options.connections) }, () => new SignupClient(port));
  const all = [...idle];
  const times = [];
  const result = { asked: 0, taken: 0, errors: {} };
  const began = performance.now();
  const due = [];
  const wrong = (what) => { result.errors[what] = (result.errors[what] ?? 0) + 1; };
  const serve = async (client, i) => {
    try {
      const status = statusOf(await client.send(addressOf(i)));
      times.push(performance.now() - began - (i * 1000) / rate);
      if (status === 200) result.taken += 1; else wrong(status);
      if (due.length > 0) serve(client, due.shift()); else idle.push(client);
    } catch (error) {
      wrong(error.message);
    }
  };
  while (times.length + Object.values(result.errors).reduce((a, b) => a + b, 0) < total) {
    const until = Math.min(total, Math.floor(((performance.now() - began) * rate) / 1000) + 1);
    for (; result.asked < until; result.asked += 1) {
      if (idle.length > 0) serve(idle.shift(), result.asked); else due.push(result.asked);
    }
    await delay(2);
    if (performance.now() - began > (seconds + 60) * 1000) break;
  }
  const took = (performance.now() - began) / 1000;
  all.forEach((client) => client.close());
  times.sort((a, b) => a - b);
  const round = (value) => Math.round(value * 10) / 10;
  return { ...result, rate: Math.round(times.length / took), p50_ms: round(quantile(times, 0.5)),
    p99_ms: round(quantile(times, 0.99)), max_ms: round(times.at(-1)) };
}

const scope = new Scope();
try {
  const sink = await startSink(scope);
  const news = await Tocsin.create(scope, { relay: `smtp://127.0.0.1:${sink.port}?tls=none` });
  await news.start();
  await news.do('list', 'create', 'breaking', '--name', 'Breaking news');
  const raw = await rawInserts(news.folder);
  const before = process.cpuUsage();
  const result = await spike(news.port);
  const used = process.cpuUsage(before);
  const cpu = await cpuSeconds(news.process.child.pid);
  await news.process.stop('SIGKILL');
  await freePort();
  await news.start();
  const { pending } = await news.do('list', 'show', 'breaking', '--json');
  await news.stop();
  console.log(JSON.stringify({ ...result, durable: pending, cpu_seconds: cpu,
    client_cpu_seconds: (used.user + used.system) / 1e6, raw_inserts: raw }));
  if (Object.keys(result.errors).length > 0 || (!options.attack && pending < result.taken)) {
    process.exitCode = 1;
  }
} finally {
  await scope.close();
}
