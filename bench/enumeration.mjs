// Measures what bench/enumeration says.
import { parseArgs } from 'node:util';
import { eventually } from '../tests/e2e/support/process.mjs';
import { Scope } from '../tests/e2e/support/scope.mjs';
import { scriptedSmtp } from '../tests/e2e/support/scripted_smtp.mjs';
import { Tocsin } from '../tests/e2e/support/tocsin.mjs';
import { SignupClient, quantile } from './lib/signup_client.mjs';

const { values: options } = parseArgs({ options: {
  requests: { type: 'string', default: '2000' },
  connections: { type: 'string', default: '6' },
} });
const kZMax = 3.9;
const kKnown = ['pending', 'active', 'left', 'blocked', 'erased'];

function shuffle(items) {
  for (let i = items.length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}

// How far from "neither tends to be slower", in standard deviations.
function mannWhitney(a, b) {
  const all = [...a.map((time) => [time, 0]), ...b.map((time) => [time, 1])]
    .sort((x, y) => x[0] - y[0]);
  let ranks = 0;
  all.forEach(([, of], i) => { if (of === 0) ranks += i + 1; });
  const u = ranks - (a.length * (a.length + 1)) / 2;
  const mean = (a.length * b.length) / 2;
  return (u - mean) / Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12);
}

const scope = new Scope();
try {
  const smtp = await scriptedSmtp(scope);
  const news = await Tocsin.create(scope, { relay: `smtp://127.0.0.1:${smtp.port}?tls=none` });
  await news.start();
  await news.do('list', 'create', 'breaking', '--name', 'Breaking news');
  const address = (who) => `${who}.reader@gmail.com`;
  for (const who of kKnown) await news.post('/lists/breaking/signup', { email: address(who) });
  const link = (who, kind) => eventually(`the mail to ${who}`, () => smtp.messages
    .map((mail) => mail.replaceAll('=\r\n', '').replaceAll('=3D', '='))
    .find((mail) => mail.includes(`<${address(who)}>`) || mail.includes(`To: ${address(who)}`))
    ?.match(new RegExp(`/${kind}/[\\w-]+`))?.[0]);
  for (const who of ['active', 'left', 'erased']) {
    const page = await news.post(await link(who, 'c'));
    if (who === 'left') await news.post(page.text.match(/\/u\/[\w-]+/)[0]);
  }
  await news.post(await link('blocked', 'n'));
  await news.do('subscriber', 'erase', address('erased'));

  const requests = Number(options.requests);
  const plan = shuffle(['new', ...kKnown].flatMap((who) => Array(requests).fill(who)));
  const times = Object.fromEntries(['new', ...kKnown].map((who) => [who, []]));
  const heads = new Set();
  let fresh = 0;
  const work = async () => {
    const client = new SignupClient(news.port);
    for (let who = plan.pop(); who; who = plan.pop()) {
      const email = who === 'new' ? `new${fresh += 1}.reader@gmail.com` : address(who);
      const begin = performance.now();
      const answer = await client.send(email);
      times[who].push(performance.now() - begin);
      heads.add(answer.slice(0, answer.indexOf('\r\n\r\n')).replace(/content-length: \d+/i, '')
        .replace(/date: [^\r]+/i, ''));
    }
    client.close();
  };
  await Promise.all(Array.from({ length: Number(options.connections) }, work));
  await news.stop();

  const result = { requests, kinds: {}, answers: heads.size };
  for (const [who, list] of Object.entries(times)) {
    const sorted = [...list].sort((a, b) => a - b);
    result.kinds[who] = { median_ms: Math.round(quantile(sorted, 0.5) * 100) / 100,
      z: Math.round(mannWhitney(list, times.new) * 100) / 100 };
  }
  console.log(JSON.stringify(result));
  const told = Object.values(result.kinds).some(({ z }) => Math.abs(z) > kZMax);
  process.exitCode = told || heads.size !== 1 ? 1 : 0;
} finally {
  await scope.close();
}
