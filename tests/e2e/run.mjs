// Runs the test files, two at a time, and prints one line a file, what failed, and what was
// skipped. Appends "passed failed skipped" to the file that TOCSIN_TEST_COUNTS names. With
// TOCSIN_TEST_STORE=postgresql every installation keeps its things in a PostgreSQL database.
import { appendFileSync, readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { spawn } from 'node:child_process';
import { startPostgresql } from './support/postgresql.mjs';

const kFileLimitMs = 8 * 60_000;
const here = new URL('.', import.meta.url).pathname;
const wanted = process.argv.slice(2);
const nameOf = (file) => file.replace('.test.mjs', '');
// Begun first, the last of them before all: the last to end decides how long it all takes.
const kSlowest = ['cli', 'browser', 'cluster_nodes'];
const files = readdirSync(here).filter((file) => file.endsWith('.test.mjs'))
  .filter((file) => wanted.length === 0 || wanted.includes(nameOf(file)))
  .sort((a, b) => kSlowest.indexOf(nameOf(b)) - kSlowest.indexOf(nameOf(a)));

// TAP is the report that every Node from 18 on writes; only its outermost lines are counted.
function readTap(tap) {
  const count = { passed: 0, failed: [], skipped: [] };
  for (const line of tap.split('\n')) {
    const result = line.match(/^(not )?ok \d+ - (.*?)(?: # (SKIP|TOD[O])\b.*)?$/);
    if (!result) continue;
    if (result[3]) count.skipped.push(result[2]);
    else if (result[1]) count.failed.push(result[2]);
    else count.passed += 1;
  }
  return count;
}

function runFile(file) {
  return new Promise((resolve) => {
    const begin = Date.now();
    const child = spawn(process.execPath, ['--test-reporter=tap', file], {
      cwd: here, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    let tap = '';
    let noise = '';
    let late = false;
    child.stdout.setEncoding('utf8').on('data', (text) => { tap += text; });
    child.stderr.setEncoding('utf8').on('data', (text) => { noise += text; });
    const timer = setTimeout(() => { late = true; child.kill('SIGKILL'); }, kFileLimitMs);
    child.once('close', (code) => {
      clearTimeout(timer);
      const count = readTap(tap);
      if (late) count.failed.push(`${file} did not end within ${kFileLimitMs / 1000} s`);
      else if (code !== 0 && count.failed.length === 0) count.failed.push(`${file}: exit ${code}`);
      else if (count.passed + count.failed.length === 0) count.failed.push(`${file} ran no test`);
      resolve({ file, ...count, tap, noise, seconds: Math.round((Date.now() - begin) / 1000) });
    });
  });
}

function print(result) {
  const { file, passed, failed, skipped, seconds } = result;
  console.log(`e2e ${nameOf(file)}: ${passed} passed, ${failed.length} failed`
    + ` (${seconds} s)`);
  if (failed.length > 0) {
    const useful = result.tap.split('\n').filter((line) => !/^\s*(---|\.\.\.)?$/.test(line));
    console.log(useful.join('\n'));
    console.log(result.noise);
  }
  for (const name of failed) console.log(`FAILED ${name}`);
  for (const name of skipped) console.log(`SKIPPED ${name}`);
}

const queue = [...files];
const total = [0, 0, 0];
async function worker() {
  while (queue.length > 0) {
    const result = await runFile(queue.shift());
    print(result);
    total[0] += result.passed;
    total[1] += result.failed.length;
    total[2] += result.skipped.length;
  }
}
if (files.length === 0) {
  console.log(`FAILED e2e: no such test file: ${wanted.join(' ')}`);
  total[1] += 1;
}
let postgresql = null;
if (process.env.TOCSIN_TEST_STORE === 'postgresql') {
  postgresql = await startPostgresql();
  if (typeof postgresql === 'string') {
    console.log(`SKIPPED e2e on PostgreSQL: ${postgresql}`);
    total[2] += 1;
    queue.length = 0;
  } else {
    process.env.TOCSIN_TEST_POSTGRESQL = postgresql.place;
  }
}
const cores = availableParallelism?.() ?? cpus().length;
await Promise.all(Array.from({ length: Math.min(cores, files.length) }, worker));
await postgresql?.stop?.();
if (process.env.TOCSIN_TEST_COUNTS) {
  appendFileSync(process.env.TOCSIN_TEST_COUNTS, `${total.join(' ')}\n`);
}
process.exitCode = total[1] === 0 ? 0 : 1;
