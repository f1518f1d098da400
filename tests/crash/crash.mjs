// kill -9 in the middle of an alert, start again, and compare the ledger with what the sink has.
//
// usage: node tests/crash/crash.mjs [--runs N] [--seed S] [--recipients N]
//
// Each run is a seed: it decides the sink's faults, how often the service is killed and when (from
// the moment the release is asked for to the end of sending, and during recovery too). Then:
//
//   nobody is lost    every recipient has exactly one line in the ledger; who is `delivered` there
//                     was accepted by the sink, and the counts add up to the audience
//   duplicates        what the sink accepted twice is the same message byte for byte (Message-ID
//                     and hash), and there are no more of them than the promise allows
//   once              the release asked for again under its idempotency key is the same alert
//
// A failing run prints its seed; `--runs 1 --seed S` repeats it (the machine's own timing varies,
// so a rare one may need several tries).
import { appendFileSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Running, delay, eventually, freePort } from '../e2e/support/process.mjs';
import { Scope } from '../e2e/support/scope.mjs';
import { Tocsin, binary, cleanEnvironment, parseCsv, readRecord, startSink }
  from '../e2e/support/tocsin.mjs';

const { values: options } = parseArgs({ options: {
  runs: { type: 'string', default: '25' },
  seed: { type: 'string', default: process.env.TOCSIN_SEED ?? '1' },
  recipients: { type: 'string', default: '3000' },
} });
const kRecipients = Number(options.recipients);
const kConnections = 8;
// P2: what is in flight (a message and the one pipelined behind it, a connection), and what one
// group commit holds.
const kDuplicatesPerKill = 2 * kConnections + 1024;
// A reader whose connection is cut three times is tried again 1 s, 60 s and 120 s later.
const kRunLimitMs = 400_000;
const kRefused = 'reader77';  // whose addresses begin so, the sink refuses, for good

// SplitMix64, so that a seed means the same everywhere.
function generator(seed) {
  let state = BigInt.asUintN(64, BigInt(seed));
  const next = () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return Number((z ^ (z >> 31n)) >> 11n) / 2 ** 53;
  };
  return { below: (limit) => Math.floor(next() * limit) };
}

// What the sink does wrong (src/app/sink_faults.h). It cuts connections only at some readers'
// messages, so that what is sent again seldom meets a second cut: that would be tried again a
// minute later, too long for a run. For the same reason no 4xx; the tests of delivery have those.
function faultsOf(random) {
  const rare = (name) => `${name}:@large3-=${(random.below(15) / 1000).toFixed(3)}`;
  const all = ['cut_after', 'cut_before', 'cut_data', 'lines100'].map(rare);
  all.push(`rcpt5xx:${kRefused}=1`, `split=${random.below(3) / 10}`,
    `delay=${random.below(3) / 10}`, `delay_ms=${1 + random.below(5)}`);
  return ['--faults', all.join(','), '--seed', String(random.below(1e9))];
}

// A service with its readers, made once; each run works on a copy.
async function prepare(scope) {
  const news = await Tocsin.create(scope, { relay: 'smtp://127.0.0.1:1?tls=none' });
  await news.start();
  await news.do('list', 'create', 'breaking');
  const file = path.join(news.folder, 'readers.csv');
  const rows = Array.from({ length: kRecipients },
    (_, i) => `reader${i}@large${i % 17}-readers.net`);
  await writeFile(file, `email\n${rows.join('\n')}\n`);
  await news.do('import', file, '--list', 'breaking', '--consent-source', 'invented');
  await news.stop();
  return news.folder;
}

class Run {
  constructor(seed, template) {
    this.seed = seed;
    this.template = template;
    this.random = generator(seed);
    this.scope = new Scope();
    this.kills = 0;
  }

  async begin() {
    this.folder = path.join(await this.scope.folder(), 'news');
    await cp(this.template, this.folder, { recursive: true });
    this.record = path.join(this.folder, '..', 'sink.record');
    this.faults = faultsOf(this.random);
    const { port, running } = await startSink(this.scope, '--record', this.record, ...this.faults);
    this.sink = running;

    this.news = new Tocsin();
    Object.assign(this.news, { scope: this.scope, folder: this.folder, env: {
      TOCSIN_CONFIG: path.join(this.folder, 'tocsin.toml'),
      TOCSIN_DELIVERY_RELAY: `smtp://127.0.0.1:${port}?tls=none`,
      TOCSIN_DELIVERY_CONNECTIONS_MAX: String(kConnections),
    } });
    await this.start();
  }

  async start() {
    const { news } = this;
    [news.port, news.deskPort] = [await freePort(), await freePort()];
    news.env.TOCSIN_HTTP_LISTEN = `127.0.0.1:${news.port}`;
    news.env.TOCSIN_HTTP_DESK_LISTEN = `127.0.0.1:${news.deskPort}`;
    await news.start();
  }

  // The release, as a CMS sends it: under a key, so that it can be repeated after a lost answer.
  release() {
    return this.news.api('POST', '/api/v1/alerts', { lists: ['breaking'], release: true,
      headline: `Seed ${this.seed}`, summary: 'Was the end of it heard?',
      url: 'https://paper.example/' }, { headers: { 'idempotency-key': `seed-${this.seed}` } });
  }

  async killAndRestart() {
    await this.news.process.kill('SIGKILL');
    this.kills += 1;
    // Sometimes it does not even get through its recovery.
    while (this.random.below(4) === 0) {
      const again = new Running(binary, ['serve'], { env: cleanEnvironment(this.news.env) });
      await delay(this.random.below(250));
      await again.kill('SIGKILL');
      this.kills += 1;
    }
    await this.start();
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
    this.status = await eventually('the alert is finished', async () => {
      const status = (await this.news.api('GET', `/api/v1/alerts/${this.id}`)).json();
      return status.state === 'finished' && status;
    }, { limitMs: kRunLimitMs, everyMs: 25 }).catch(async (error) => {
      const rows = (await this.ledger()).filter((row) => row.outcome !== 'delivered');
      throw new Error(`${error.message}\n${JSON.stringify(rows, null, 1)}`);
    });
    const ledger = await this.ledger();
    const verdict = (await this.news.api('GET', `/api/v1/alerts/${this.id}/verify`)).json();
    const alerts = (await this.news.api('GET', '/api/v1/alerts')).json().alerts;
    await this.news.stop();
    await this.sink.stop();
    return this.judge(ledger, verdict, alerts);
  }

  async ledger() {
    const where = `/api/v1/alerts/${this.id}/ledger?format=csv`;
    return parseCsv((await this.news.api('GET', where)).text);
  }

  // What is wrong, as sentences; none if all is well.
  async judge(ledger, verdict, alerts) {
    const wrong = verdict.problems.map((problem) => `verify: ${problem}`);
    const expect = (what, is, should) => {
      if (is !== should) wrong.push(`${what}: ${is}, not ${should}`);
    };
    expect('alerts', alerts.length, 1);
    expect('audience', this.status.audience, kRecipients);
    expect('lines in the ledger', ledger.length, kRecipients);
    expect('addresses in the ledger', new Set(ledger.map((row) => row.address)).size, kRecipients);
    const { delivered, failed, expired, suppressed, unknown } = this.status;
    expect('sum of outcomes', delivered + failed + expired + suppressed + unknown, kRecipients);

    const taken = new Map();  // by address: the messages that the sink accepted
    const record = await readRecord(this.record);
    for (const one of record) {
      taken.set(one.address, [...(taken.get(one.address) ?? []), one]);
    }
    this.duplicates = 0;
    for (const row of ledger) {
      const copies = taken.get(row.address) ?? [];
      // One whose connection was cut and who is refused after that stays unknown: the first copy
      // might have been taken, for all that the sender can know.
      const refused = row.address.startsWith(kRefused);
      const ends = refused ? ['failed', 'unknown'] : ['delivered'];
      if (!ends.includes(row.outcome)) {
        wrong.push(`${row.address} is ${row.outcome}: ${row.reply}`);
      }
      if ((copies.length === 0) !== refused) {
        wrong.push(`${row.address}: the sink has ${copies.length}`);
      }
      this.duplicates += Math.max(0, copies.length - 1);
      if (new Set(copies.map((copy) => copy.hash)).size > 1) {
        wrong.push(`${row.address} got two messages that differ`);
      }
      if (copies.some((copy) => copy.messageId !== row.message_id.replace(/[<>]/g, ''))) {
        wrong.push(`${row.address}: the ledger and the sink name different Message-IDs`);
      }
      taken.delete(row.address);
    }
    if (taken.size > 0) wrong.push(`${taken.size} messages to addresses outside the audience`);
    const cuts = record.filter((one) => one.answer === 'cut').length;
    const allowed = this.kills * kDuplicatesPerKill + cuts;
    if (this.duplicates > allowed) {
      wrong.push(`${this.duplicates} duplicates after ${this.kills} kills, at most ${allowed}`);
    }
    return wrong;
  }
}

const first = Number(options.seed);
const seeds = Array.from({ length: Number(options.runs) }, (_, i) => first + i);
const scope = new Scope();
const template = await prepare(scope);
const sums = { passed: 0, failed: 0, kills: 0, duplicates: 0, most: 0 };

async function worker() {
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
    const run = new Run(seed, template);
    const wrong = await run.play().catch((error) => [error.stack, run.news?.log()]);
    await run.scope.close().catch((error) => wrong.push(String(error)));
    sums.kills += run.kills;
    sums.duplicates += run.duplicates ?? 0;
    sums.most = Math.max(sums.most, run.duplicates ?? 0);
    if (wrong.length === 0) {
      sums.passed += 1;
    } else {
      sums.failed += 1;
      console.log(`FAILED crash: seed ${seed}, ${run.kills} kills, sink ${run.faults?.join(' ')}`);
      console.log(wrong.slice(0, 10).map((line) => `  ${line}`).join('\n'));
    }
  }
}
await Promise.all(Array.from({ length: availableParallelism?.() ?? cpus().length }, worker));
await scope.close();
console.log(`crash: ${sums.passed} runs passed, ${sums.failed} failed; ${sums.kills} kills, `
  + `${sums.duplicates} duplicates (most in one run: ${sums.most}), 0 lost in those that passed`);
if (process.env.TOCSIN_TEST_COUNTS) {
  appendFileSync(process.env.TOCSIN_TEST_COUNTS, `${sums.passed} ${sums.failed} 0\n`);
}
process.exitCode = sums.failed === 0 && sums.passed > 0 ? 0 : 1;
