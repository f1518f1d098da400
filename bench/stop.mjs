// Measures what bench/stop says.
import { parseArgs } from 'node:util';
import { Newsroom } from '../tests/e2e/support/lost.mjs';
import { delay, eventually } from '../tests/e2e/support/process.mjs';
import { Scope } from '../tests/e2e/support/scope.mjs';

const { values: options } = parseArgs({ options: {
  recipients: { type: 'string', default: '50000' },
  runs: { type: 'string', default: '3' },
} });

async function measure() {
  const scope = new Scope();
  try {
    const room = await Newsroom.create(scope, { readers: Number(options.recipients) });
    await room.news.start();
    await room.fill(scope);
    const id = await room.send();
    await eventually('it is under way', async () => (await room.taken(id)).length > 2000);
    const begin = Date.now();
    await room.news.do('alert', 'stop', String(id));
    const answered = Date.now();
    await delay(2000);
    const taken = await room.taken(id);
    const after = taken.filter((one) => one.at > begin);
    const { expired } = await room.news.status(id);
    console.log(JSON.stringify({
      rate: taken.filter((one) => one.at > begin - 1000 && one.at <= begin).length,
      after_stop: after.length,
      last_ms: after.length === 0 ? 0 : Math.max(...after.map((one) => one.at)) - begin,
      answered_ms: answered - begin,
      expired,
    }));
    await room.news.stop();
  } finally {
    await scope.close();
  }
}

for (let i = 0; i < Number(options.runs); i += 1) await measure();
