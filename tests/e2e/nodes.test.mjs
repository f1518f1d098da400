// One newsroom on three machines: two with pages, one that sends, on one PostgreSQL. Whichever
// machine a request reaches, the answer is the same: nothing is remembered in one process alone.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cluster } from './support/cluster.mjs';
import { eventually } from './support/process.mjs';
import { readMail } from './support/mail.mjs';
import { scriptedSmtp } from './support/scripted_smtp.mjs';
import { Scope } from './support/scope.mjs';
import { httpRequest } from './support/tocsin.mjs';

const scope = new Scope();
const kReaders = 200;
const kPassword = 'four unrelated plain words';
const ourPages = { 'sec-fetch-site': 'same-origin' };
let room;
let smtp;
let skip;
let limits;

const writeLimits = (perSecond) => writeFile(limits,
  `[[smarthost]]\nname = "The relay"\nhost = ["localhost"]\nper_second = ${perSecond}\n`);

before(async () => {
  smtp = await scriptedSmtp(scope);
  limits = path.join(await scope.folder(), 'limits.toml');
  await writeLimits(1000);
  const relay = `smtp://localhost:${smtp.port}?tls=none`;
  room = await Cluster.create(scope, { readers: kReaders, wires: false, connections: 2,
    nodes: { send: 'send', web1: 'web', web2: 'web' },
    env: { TOCSIN_DELIVERY_RELAY: relay, TOCSIN_DELIVERY_RULES: limits,
      TOCSIN_HTTP_TRUSTED_PROXIES: '127.0.0.1' } });
  if (typeof room === 'string') skip = room;
});
after(() => scope.close());

function together(name, body) {
  test(name, (context) => (skip ? context.skip(skip) : body(room.webs[0], room.webs[1])));
}

const desk = (node, where, options = {}, body = undefined) => (
  httpRequest({ port: node.deskPort, path: where, ...options,
    headers: { ...ourPages, ...options.headers,
      ...(body ? { 'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body) } : {}) } }, body));

const postDesk = (node, where, fields) => (
  desk(node, where, { method: 'POST' }, new URLSearchParams(fields).toString()));

const mailTo = (address) => eventually(`mail to ${address}`, () => (
  smtp.messages.find((one) => one.includes(address))));

const linkIn = (text, kind) => text.match(new RegExp(`/${kind}/[A-Za-z0-9_-]{72}`))[0];

// Signs up on one machine, confirms on the other: the link that ends it.
async function subscribe(address, first, second) {
  const asked = await first.post('/lists/breaking/signup', { email: address });
  assert.equal(asked.status, 200, asked.text);
  const link = linkIn(readMail(await mailTo(address)).text, 'c');
  const confirmed = await second.post(link);
  assert.equal(confirmed.status, 200, confirmed.text);
  return linkIn(confirmed.text, 'u');
}

together('the machines know each other', async (web1) => {
  const { nodes } = await web1.do('nodes', '--json');
  assert.deepEqual(nodes.map(({ name, role, alive, self }) => [name, role, alive, self]),
    [['send', 'send', true, false], ['web1', 'web', true, true], ['web2', 'web', true, false]]);
  for (const node of nodes) assert.ok(Math.abs(node.skew_ms) < 1_000, JSON.stringify(node));
  const text = await web1.do('nodes');
  assert.match(text, /^send-[0-9a-f]{8}: send, alive, /m);
  assert.match(text, /^web1-[0-9a-f]{8}: web, alive, .*\(this one\)$/m);
});

together('a machine that only sends has no pages, and says that it is ready', async (web1) => {
  const [send] = room.sends;
  assert.equal((await desk(send, '/readyz')).status, 200);
  assert.match((await desk(send, '/metrics')).text, /^tocsin_nodes_alive 3$/m);
  assert.equal((await desk(send, '/desk')).status, 404);
  assert.equal((await desk(web1, '/desk')).status, 303);
  await assert.rejects(send.get('/healthz'));
});

together('a reader signs up on one and confirms on the other', async (web1, web2) => {
  await subscribe('ann@first-readers.net', web1, web2);
  assert.equal((await web1.do('subscriber', 'show', 'ann@first-readers.net', '--json'))
    .subscriptions?.[0]?.state ?? 'active', 'active');
});

together('a one-time link is used once, and the session is good everywhere', async (web1, web2) => {
  const link = room.first.initOutput.match(/\/desk\/link\/[\w-]+/)[0];
  const used = await postDesk(web1, link, { password: kPassword });
  assert.equal(used.status, 303, used.text);
  const cookie = used.headers['set-cookie'].map((one) => one.split(';')[0]).join('; ');
  assert.equal((await desk(web2, '/desk', { headers: { cookie } })).status, 200);
  assert.equal((await postDesk(web2, link, { password: kPassword })).status, 404);
  const left = await desk(web2, '/desk/sign-out', { method: 'POST', headers: { cookie } });
  assert.equal(left.status, 303);
  assert.equal((await desk(web1, '/desk', { headers: { cookie } })).status, 303);
});

together('wrong passwords are counted together', async (web1, web2) => {
  const guess = (node) => postDesk(node, '/desk/sign-in', { name: 'desk', password: 'a guess' });
  for (const node of [web1, web2, web1, web2, web1]) assert.equal((await guess(node)).status, 401);
  const answers = await Promise.all([guess(web1), guess(web2)]);
  assert.deepEqual(answers.map((one) => one.status), [429, 429]);
});

together('the same key at once on both is one alert', async (web1, web2) => {
  const alert = { lists: ['breaking'], headline: 'At once', summary: 'On both.' };
  const headers = { 'idempotency-key': 'at-once' };
  const answers = await Promise.all([web1, web2, web1, web2].map((node) => (
    node.api('POST', '/api/v1/alerts', alert, { headers }))));
  for (const answer of answers) assert.equal(answer.status, 201, answer.text);
  assert.equal(new Set(answers.map((answer) => answer.json().id)).size, 1);
});

together('sign-ups of a domain are counted on both', async (web1, web2) => {
  const kEach = 45;
  const kAtOnce = 50;  // a quarter of 200 an hour is open to a bare form; the rest waits its turn
  const signUp = (node, i) => node.post('/lists/breaking/signup',
    { email: `pupil${i}@school-readers.net` }, { 'x-forwarded-for': `203.0.${i}.113` });
  for (let i = 0; i < kEach; i += 1) {
    const answers = await Promise.all([signUp(web1, 2 * i), signUp(web2, 2 * i + 1)]);
    for (const answer of answers) assert.equal(answer.status, 200, answer.text);
  }
  await subscribe('after@other-readers.net', web1, web2);  // what could leave has left
  const mails = smtp.messages.filter((one) => /^To: .*pupil\d+@school-readers/m.test(one)).length;
  assert.ok(mails >= kEach / 2 && mails <= kAtOnce + 5, `${mails} mails left at once`);
});

together('who leaves on one while another sends gets nothing more', async (web1, web2) => {
  const leaver = 'zoe@zz-last-readers.net';  // its domain is sent to last
  const link = await subscribe(leaver, web2, web1);
  const [send] = room.sends;
  await writeLimits(60);
  send.process.child.kill('SIGHUP');
  await eventually('the limit is in force', () => /limits\.toml: read again/.test(send.log()));
  const already = smtp.messages.length;
  const id = await room.release(web2);
  await eventually('it is under way', () => smtp.messages.length > already + 10);
  const status = await web1.status(id);
  assert.equal(status.state, 'released');
  assert.ok(status.delivered <= status.audience);
  const left = await web1.post(link, 'List-Unsubscribe=One-Click');
  assert.equal(left.status, 200, left.text);
  await eventually('the other page shows what was sent', async () => (
    (await web1.status(id)).delivered > 0));
  const stopped = await web1.api('POST', `/api/v1/alerts/${id}/stop`, {});
  assert.equal(stopped.status, 200, stopped.text);
  const end = await room.ended(id);
  assert.ok(end.delivered < end.audience, 'it was stopped on the way');
  assert.equal(smtp.messages.slice(already).filter((one) => one.includes(leaver)).length, 0);
});

together('without its database a machine says so, waits, and goes on', async (web1, web2) => {
  room.pg.process.child.kill('SIGQUIT');
  await room.pg.process.ended;
  await eventually('web1 is not ready', async () => (await web1.ready()).status === 503);
  assert.match((await web1.ready()).text, /PostgreSQL|database/);
  const page = await web1.get('/lists/breaking');
  assert.equal(page.status, 503);
  assert.ok(Number(page.headers['retry-after']) > 0);
  assert.match(page.text, /try again/i);
  const signUp = await web1.post('/lists/breaking/signup', { email: 'late@first-readers.net' });
  assert.equal(signUp.status, 503);
  const problem = await web1.api('GET', '/api/v1/lists');
  assert.equal(problem.status, 503);
  assert.match(problem.headers['content-type'], /problem\+json/);
  assert.equal((await web1.get('/healthz')).status, 200);

  // One that is started meanwhile is there, and not ready.
  await web2.process.stop();
  const beginning = web2.start();
  await eventually('web2 waits', async () => (await web2.ready()).status === 503);
  assert.equal((await web2.get('/healthz')).status, 200);
  const waiting = await web2.get('/lists/breaking');
  assert.equal(waiting.status, 503);
  assert.ok(Number(waiting.headers['retry-after']) > 0);
  assert.match(waiting.text, /try again in a moment/i);
  assert.match((await web2.cli('nodes')).stderr, /waits for its database/);

  await room.pg.start();
  await beginning;
  await Promise.all(room.nodes.map((node) => node.whenReady()));
  const again = await web2.post('/lists/breaking/signup', { email: 'late@first-readers.net' });
  assert.equal(again.status, 200, again.text);
});

together('a machine that ends is listed no more, and doctor misses it', async (web1) => {
  const [send] = room.sends;
  await send.stop();
  const names = async () => (await web1.do('nodes', '--json')).nodes.map((node) => node.name);
  assert.deepEqual(await names(), ['web1', 'web2']);
  const findings = JSON.parse((await web1.cli('doctor', '--json')).stdout);
  assert.match(JSON.stringify(findings), /no machine sends mail/);
});
