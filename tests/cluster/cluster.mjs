// Many nodes on one PostgreSQL, and what can happen to them; ledger and sink are the judges.
//
// usage: node tests/cluster/cluster.mjs [NAME ...] [--seed S] [--runs N] [--readers N] [--json]
//
// NAME is a scenario (scenarios.mjs; all of them if none is named). Each run of one is a seed: it
// decides whom it hits and when. It has a database, nodes and a sink of its own, and readers in
// partitions of 2,000. Prints a line a run with what was measured; a failing run prints its seed,
// and `NAME --runs 1 --seed S` repeats it, but for the machine's own timing.
//
// tests/e2e/cluster_*.test.mjs plays the same scenarios, shorter.
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Cluster } from '../e2e/support/cluster.mjs';
import { generator } from '../e2e/support/random.mjs';
import { Scope } from '../e2e/support/scope.mjs';
import { kScenarios } from './scenarios.mjs';

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: {
  seed: { type: 'string', default: process.env.TOCSIN_SEED ?? '1' },
  runs: { type: 'string', default: '3' },
  readers: { type: 'string', default: '30000' },
  json: { type: 'boolean', default: false },
} });
const names = positionals.length > 0 ? positionals : Object.keys(kScenarios);
const unknown = names.find((name) => !(name in kScenarios));
if (unknown) {
  const known = Object.keys(kScenarios).join(', ');
  console.error(`cluster: no scenario "${unknown}"; there are: ${known}`);
  process.exit(2);
}
const kSlowSeconds = 15;  // for a slow alert, longer than the leases by far
const sums = { runs: 0, passed: 0, failed: 0, skipped: 0, duplicates: 0 };

async function play(name, seed) {
  const scope = new Scope();
  const begin = Date.now();
  try {
    const random = generator(seed);
    const room = await Cluster.create(scope, { readers: Number(options.readers),
      lease: 3 + random.below(4) });
    if (typeof room === 'string') return { skipped: room };
    const figures = await kScenarios[name][1](room, random,
      { seconds: kSlowSeconds, leavers: 100, clients: 400, stormMs: 6_000 });
    return { ...figures, seconds: Math.round((Date.now() - begin) / 1000) };
  } catch (error) {
    return { error };
  } finally {
    await scope.close().catch((error) => console.log(`cluster ${name}: ${error}`));
  }
}

function report(name, seed, result) {
  sums.runs += 1;
  if (result.error) {
    sums.failed += 1;
    console.log(`FAILED cluster ${name}: seed ${seed}\n${result.error.stack}`);
  } else if (result.skipped) {
    sums.skipped += 1;
    console.log(`SKIPPED cluster ${name}: ${result.skipped}`);
  } else {
    sums.passed += 1;
    sums.duplicates += result.duplicates ?? 0;
    const told = Object.entries(result).map(([key, value]) => `${key} ${value}`).join(', ');
    console.log(options.json ? JSON.stringify({ scenario: name, seed, ...result })
      : `cluster ${name}, seed ${seed}: ${told}`);
  }
}

const first = Number(options.seed);
let asked = false;
// Ctrl-C ends it after the run that is under way.
process.once('SIGINT', () => { asked = true; });
for (let seed = first; seed < first + Number(options.runs) && !asked; seed += 1) {
  for (const name of names) {
    if (!asked) report(name, seed, await play(name, seed));
  }
}
console.log(options.json ? JSON.stringify(sums)
  : `cluster: ${sums.passed} runs passed, ${sums.failed} failed, 0 lost in those that passed, `
    + `${sums.duplicates} duplicates, all explained`);
if (process.env.TOCSIN_TEST_COUNTS) {
  appendFileSync(process.env.TOCSIN_TEST_COUNTS,
    `${sums.passed} ${sums.failed} ${sums.skipped}\n`);
}
process.exitCode = sums.failed === 0 ? 0 : 1;
