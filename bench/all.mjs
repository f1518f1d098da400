// Measures what bench/all says and ends with a table.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { run } from '../tests/e2e/support/process.mjs';
import { cases, runCase } from './cases.mjs';
import { missed, table } from './lib/figures.mjs';
import { description } from './lib/machine.mjs';

const { values: options } = parseArgs({ options: {
  only: { type: 'string', multiple: true, default: Object.keys(cases) },
  quick: { type: 'boolean', default: false },
} });
const unknown = options.only.filter((name) => !(name in cases));
if (unknown.length > 0) {
  console.error(`bench: no case "${unknown[0]}"; there are: ${Object.keys(cases).join(', ')}`);
  process.exit(2);
}

const here = new URL('.', import.meta.url).pathname;
if (options.only.includes('compare') && !existsSync(`${here}node_modules/nodemailer`)) {
  const installed = await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here });
  if (installed.code !== 0) console.error(`bench: npm ci: ${installed.stderr}`);
}

const machine = await description();
const begin = performance.now();
console.log(`# ${machine}`);
for (const name of options.only) await runCase(name, options);
const minutes = ((performance.now() - begin) / 60_000).toFixed(1);
const note = options.quick ? '; a quick run: no figures' : '';
console.log(`\n${machine}; ${minutes} minutes${note}\n`);
console.log(table());
process.exit(missed() === 0 ? 0 : 1);
