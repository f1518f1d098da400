// kill -9 in the middle of an alert, start again, and compare the ledger with what the sink has.
//
// usage: node tests/crash/crash.mjs [--runs N] [--seed S] [--recipients N] [--jobs N] [--json]
//
// Each run is a seed (scenario.mjs): it decides the sink's faults, how often the service is killed
// and when (from the moment the release is asked for to the end of sending, and during recovery
// too), and whether the alert is sent at most once. Then e2e/support/judge.mjs:
//
//   nobody is lost    every recipient has exactly one line in the ledger; who is `delivered` there
//                     was accepted by the sink, and the counts add up to the audience
//   duplicates        what the sink accepted twice is the same message byte for byte (Message-ID
//                     and hash), each has its reason, and there are no more than the promise allows
//   once              the release asked for again under its idempotency key is the same alert
//
// A failing run prints its seed; `--runs 1 --seed S` repeats it (the machine's own timing varies,
// so a rare one may need several tries).
import { appendFileSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Running, delay, eventually } from '../e2e/support/process.mjs';
import { Scope } from '../e2e/support/scope.mjs';
import { Tocsin, binary, cleanEnvironment, parseCsv, readRecord, startSink }
  from '../e2e/support/tocsin.mjs';
import { inDoubt, judge } from '../e2e/support/judge.mjs';
import { kDomains, kRefused, scenario } from './scenario.mjs';

const { values: options } = parseArgs({ options: {
  runs: { type: 'string', default: '25' },
  seed: { type: 'string', default: process.env.TOCSIN_SEED ?? '1' },
  recipients: { type: 'string', default: '3000' },
  jobs: { type: 'string', default: String(availableParallelism?.() ?? cpus().length) },
  json: { type: 'boolean', default: false },
} });
const kRecipients = Number(options.recipients);
const kConnections = 8;
// A reader whose mail fails three times is tried again 1 s, 60 s and 120 s later.
const kRunLimitMs = 400_000;

// A service with its readers, made once; each run works on a copy.
async function prepare(scope) {
  const news = await Tocsin.create(scope, { relay: 'smtp://127.0.0.1:1?tls=none' });
  await news.start();
  await news.do('list', 'create', 'breaking');
  const file = path.join(news.folder, 'readers.csv');
  const rows = Array.from({ length: kRecipients },
    (_, i) => `reader${i}@large${i % kDomains}-readers.net`);
  await writeFile(file, `email\n${rows.join('\n')}\n`);
  await news.do('import', file, '--list', 'breaking', '--consent-source', 'invented');
  await news.stop();
  return news.folder;
}

class Run {
  constructor(seed, template) {
    this.seed = seed;
    this.template = template;
    Object.assign(this, scenario(seed));
    this.scope = new Scope();
    this.kills = [];  // events as the judge reads them
  }

  async begin() {
    this.folder = path.join(await this.scope.folder(), 'news');
    await cp(this.template, this.folder, { recursive: true });
    this.record = path.join(this.folder, '..', 'sink.record');
    const { port, running } = await startSink(this.scope, '--record', this.record, ...this.faults);
    this.sink = running;

    this.news = await Tocsin.at(this.scope, this.folder, {
      TOCSIN_DELIVERY_RELAY: `smtp://127.0.0.1:${port}?tls=none`,
      TOCSIN_DELIVERY_CONNECTIONS_MAX: String(kConnections),
    });
    await this.news.start();
  }

  // The release, as a CMS sends it: under a key, so that it can be repeated after a lost answer.
  release() {
    return this.news.api('POST', '/api/v1/alerts', { lists: ['breaking'], release: true,
      headline: `Seed ${this.seed}`, summary: 'Was the end of it heard?',
      url: 'https://paper.example/', at_most_once: this.atMostOnce },
    { headers: { 'idempotency-key': `seed-${this.seed}` } });
  }

  async kill(process) {
    const from = Date.now();
    await process.kill('SIGKILL');
    this.kills.push({ what: 'kill', from, until: Date.now(), bound: inDoubt(kConnections) });
  }

  async killAndRestart() {
    await this.kill(this.news.process);
    await this.news.choosePorts();
    // Sometimes it does not even get through its recovery.
    while (this.random.below(4) === 0) {
      const again = new Running(binary, ['serve'], { env: cleanEnvironment(this.news.env) });
      await delay(this.random.below(250));
      await this.kill(again);
    }
    await this.news.start();
  }

  // Who is refused after a cut stays unknown: the first copy might have been taken, for all that
  // the sender can know. At most once, whoever was in doubt stays so.
  ends(row) {
    const refused = row.address.startsWith(kRefused);
    return [refused ? 'failed' : 'delivered', ...(refused || this.atMostOnce ? ['unknown'] : [])];
  }

  async play() {
    await this.begin();
    const asked = this.release().catch(() => null);
    const rounds = 1 + this.random.below(3);
    for (let i = 0; i < rounds; i += 1) {
      await delay(this.random.below(i === 0 ? 700 : 400));
      await this.killAndRestart();
    }
    await asked;
    const released = await this.release();
    if (released.status !== 201) throw new Error(`release: ${released.text}`);
    this.id = released.json().id;
    const status = await eventually('the alert is finished', async () => {
      const now = (await this.news.api('GET', `/api/v1/alerts/${this.id}`)).json();
      return now.state === 'finished' && now;
    }, { limitMs: kRunLimitMs, everyMs: 25 }).catch(async (error) => {
      const rows = (await this.ledger()).filter((row) => row.outcome !== 'delivered');
      throw new Error(`${error.message}\n${JSON.stringify(rows, null, 1)}`);
    });
    const seen = { status, ledger: await this.ledger(),
      verdict: (await this.news.api('GET', `/api/v1/alerts/${this.id}/verify`)).json() };
    const { alerts } = (await this.news.api('GET', '/api/v1/alerts')).json();
    await this.news.stop();
    await this.sink.stop();
    const result = judge({ recipients: kRecipients, events: this.kills,
      atMostOnce: this.atMostOnce, ends: (row) => this.ends(row) },
    { ...seen, record: await readRecord(this.record) });
    if (alerts.length !== 1) result.wrong.push(`${alerts.length} alerts, not one`);
    return result;
  }

  async ledger() {
    const where = `/api/v1/alerts/${this.id}/ledger?format=csv`;
    return parseCsv((await this.news.api('GET', where)).text);
  }
}

const first = Number(options.seed);
const seeds = Array.from({ length: Number(options.runs) }, (_, i) => first + i);
const scope = new Scope();
const template = await prepare(scope);
const sums = { runs: 0, failed: 0, kills: 0, messages: 0, lost: 0, duplicates: 0, unsure: 0,
  kill: 0, broken: 0, worst_kill: 0, at_most_once_runs: 0, at_most_once_unknown: 0 };

function add(run, result) {
  sums.lost += result.lost;
  sums.messages += kRecipients + result.duplicates;
  sums.duplicates += result.duplicates;
  for (const [why, count] of Object.entries(result.explained)) sums[why] += count;
  sums.worst_kill = Math.max(sums.worst_kill, result.worst.kill ?? 0);
  if (run.atMostOnce) {
    sums.at_most_once_runs += 1;
    sums.at_most_once_unknown += result.unknown;
  }
}

async function worker() {
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
    const run = new Run(seed, template);
    const result = await run.play().catch((error) => ({ wrong: [error.stack, run.news?.log()] }));
    const { wrong } = result;
    await run.scope.close().catch((error) => wrong.push(String(error)));
    sums.runs += 1;
    sums.kills += run.kills.length;
    if (options.json && sums.runs % 50 === 0) console.error(`${sums.runs} runs ...`);
    if (result.explained) add(run, result);
    if (wrong.length > 0) {
      sums.failed += 1;
      console.log(`FAILED crash: seed ${seed}, ${run.kills.length} kills, sink `
        + `${run.faults?.join(' ')}`);
      console.log(wrong.slice(0, 10).map((line) => `  ${line}`).join('\n'));
    }
  }
}
// Ctrl-C ends it after the runs that are under way, with their sums.
process.once('SIGINT', () => seeds.splice(0));
const begin = Date.now();
await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
await scope.close();
const passed = sums.runs - sums.failed;
console.log(options.json
  ? JSON.stringify({ ...sums, seed: first, recipients: kRecipients,
    seconds: Math.round((Date.now() - begin) / 1000) })
  : `crash: ${passed} runs passed, ${sums.failed} failed; ${sums.kills} kills, ${sums.lost} lost, `
    + `${sums.duplicates} duplicates (${sums.kill} by kills, ${sums.unsure} where the sink left `
    + `doubt, ${sums.broken} behind a broken connection; most after one kill: ${sums.worst_kill})`);
if (process.env.TOCSIN_TEST_COUNTS) {
  appendFileSync(process.env.TOCSIN_TEST_COUNTS, `${passed} ${sums.failed} 0\n`);
}
process.exitCode = sums.failed === 0 && passed > 0 ? 0 : 1;
