// Shaping that explains itself: limits change while the service runs, a broken file keeps the old
// ones and says so, and every route says why it is as fast as it is, on the command line and the
// desk.
import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { accessibilityProblems, screenshots, startBrowser } from './support/browser.mjs';
import { eventually } from './support/process.mjs';
import { scriptedSmtp } from './support/scripted_smtp.mjs';
import { Scope } from './support/scope.mjs';
import { Tocsin } from './support/tocsin.mjs';

const scope = new Scope();
let news;
let smtp;
let rulesFile;

// As careful editors do: written beside it and renamed.
async function writeRules(text) {
  await writeFile(`${rulesFile}.new`, text);
  await rename(`${rulesFile}.new`, rulesFile);
}

function rulesWith(connections) {
  return `[[smarthost]]\nname = "The relay"\nhost = ["localhost"]\nconnections = ${connections}\n`;
}

const readRoutes = () => news.do('routes', '--json');
const onlyRoute = async () => (await readRoutes()).routes[0];

function connectionsBecome(count) {
  return eventually(`${count} connections are allowed`, async () => {
    const answer = await readRoutes();
    return answer.routes[0].connections_max === count && answer;
  });
}

async function release(headline) {
  const sent = await news.do('alert', 'send', '--list', 'breaking', '--headline', headline,
    '--summary', 'Short.', '--json');
  return sent.id;
}

before(async () => {
  smtp = await scriptedSmtp(scope);
  news = await Tocsin.create(scope, { relay: `smtp://localhost:${smtp.port}?tls=none` });
  rulesFile = path.join(news.folder, 'limits.toml');
  news.env.TOCSIN_DELIVERY_RULES = 'limits.toml';
  await writeRules(rulesWith(3));
  await news.start();
  await news.do('list', 'create', 'breaking', '--name', 'Breaking News');
  const file = path.join(news.folder, 'readers.csv');
  await writeFile(file, 'email\nann@first-readers.net\nben@first-readers.net\n');
  await news.do('import', file, '--list', 'breaking', '--consent-source', 'a test');
});
after(() => scope.close());

test('a changed file is in force without a restart', async () => {
  const { routes, rules_problem: problem } = await readRoutes();
  assert.equal(routes.length, 1);
  assert.equal(routes[0].kind, 'smarthost');
  assert.equal(routes[0].connections_max, 3);
  assert.equal(problem, null);
  await writeRules(rulesWith(2));
  await connectionsBecome(2);
  assert.match(news.log(), /limits\.toml: read again/);
});

test('SIGHUP reads it at once', async () => {
  await writeRules(rulesWith(4));
  news.process.child.kill('SIGHUP');
  await connectionsBecome(4);
});

test('a broken file keeps the old rules, and everyone says where it is broken', async () => {
  const where = /limits\.toml:4: \[\[smarthost\]\] connections must be a whole number/;
  await writeRules(rulesWith(0));
  const answer = await eventually('the problem is told', async () => {
    const told = await readRoutes();
    return told.rules_problem && told;
  });
  assert.match(answer.rules_problem, where);
  assert.equal(answer.routes[0].connections_max, 4);
  assert.match(await news.do('routes'), /limits\.toml:4: .*the rules read before stay in force/);
  const findings = JSON.parse((await news.cli('doctor', '--json')).stdout);
  const list = Array.isArray(findings) ? findings : findings.findings;
  assert.match(list.find(({ topic }) => topic === 'rules').text, where);
  const warnings = news.log().split('\n').filter((line) => where.test(line));
  assert.equal(warnings.length, 1, warnings.join('\n'));

  await writeRules(rulesWith(5));
  assert.equal((await connectionsBecome(5)).rules_problem, null);
});

test('a broken file refuses the start, in one line', async () => {
  await writeRules('[[reply]]\nmatch = "("\naction = "fail"\n');
  await news.stop();
  const refused = await news.cli('serve');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /limits\.toml:2: \[\[reply\]\] match is no regular expression/);
  assert.equal(refused.stderr.trim().split('\n').length, 1, refused.stderr);
  await writeRules(rulesWith(3));
  await news.start();
});

test('a throttle is told with its reply and its time of day, and costs no attempt', async () => {
  let refusals = 3;
  smtp.answers.MAIL = () => {
    if (refusals === 0) return '250 2.1.0 ok';
    refusals -= 1;
    return '451 4.7.28 unusual rate';
  };
  const id = await release('Throttled');
  const route = await eventually('the reason is told', async () => {
    const found = await onlyRoute();
    return /4\.7\.28/.test(found.reason) && found;
  });
  assert.match(route.sentence,
    /^localhost:\d+: \d of 3 connections, .*451 4\.7\.28.* at \d\d:\d\d:\d\d UTC, rate \w+ to /);
  assert.ok(route.rate_max > 0);
  const status = await news.finished(id);
  assert.equal(status.delivered, 2);
});

test('what sets itself right needs nobody, what does not is called so', async () => {
  smtp.answers.MAIL = '550 5.7.515 Access denied, sending domain does not meet the requirements';
  const id = await release('Refused');
  const route = await eventually('it is a configuration error', async () => {
    const found = await onlyRoute();
    return /5\.7\.515/.test(found.reason) && found;
  });
  assert.match(route.sentence, /stopped until \d\d:\d\d:\d\d UTC.*Microsoft.*5\.7\.515/);
  await assertDeskShows(/stopped until .*5\.7\.515/);
  delete smtp.answers.MAIL;
  await news.do('alert', 'stop', String(id));
});

test('the shipped rules can be printed and are a good file', async () => {
  const shipped = await news.do('routes', '--defaults');
  assert.match(shipped, /^# The limits and reply rules that Tocsin ships with/);
  await writeRules(`${shipped}\n${rulesWith(1)}`);
  await connectionsBecome(1);
});

// The desk's page of routes, looked over by axe-core and photographed.
async function assertDeskShows(why) {
  const browser = await startBrowser(scope);
  const page = await (await browser.newContext()).newPage();
  const made = await news.api('POST', '/api/v1/people', { name: 'op', role: 'writer' });
  await page.goto(made.json().link);
  await page.locator('input[type=password]').first().fill('four unrelated words');
  await page.locator('main button[type=submit]').click();
  await page.getByText('op', { exact: true }).waitFor();
  // The page fetches itself anew every three seconds, also in the middle of being looked over.
  await page.addInitScript(() => { globalThis.setInterval = () => 0; });
  await page.goto(`${news.deskUrl}/desk/routes`);
  await page.getByRole('heading', { name: 'How mail leaves' }).waitFor();
  assert.match(await page.locator('table.routes').innerText(), why);
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    await page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth, null,
      { timeout: 5_000 });
  }
  await screenshots(page, 'desk-routes');
  assert.deepEqual(await accessibilityProblems(page), []);
  await browser.close();
}
