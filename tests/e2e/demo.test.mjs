// `./run demo` and `tocsin dev`, as a newcomer meets them (without the build).
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Running, eventually, freePort, isListening } from './support/process.mjs';
import { Scope } from './support/scope.mjs';
import { binary, cleanEnvironment, httpRequest, tocsin } from './support/tocsin.mjs';

const scope = new Scope();
after(() => scope.close());

test('demo runs the loop without a person and prints the clock', async () => {
  const done = await tocsin(['demo']);
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.match(done.stdout, /p50/);
  assert.match(done.stdout, /p99/);
  assert.match(done.stdout, /delivered/);
});

test('demo works from a folder where nothing can be written', async () => {
  const done = await tocsin(['demo'], { cwd: '/proc' });
  assert.equal(done.code, 0, done.stdout + done.stderr);
});

test('dev prints one address, serves everything there, and ends at Ctrl-C', async () => {
  const port = await freePort();
  const dev = new Running(binary, ['dev', '--port', String(port)], { env: cleanEnvironment() });
  scope.defer(() => dev.stop());
  await dev.ready(() => isListening(port));
  const url = await eventually('the address is printed',
    () => dev.output().match(/http:\/\/[\w.]+:\d+/)?.[0]);
  assert.equal(new URL(url).port, String(port));
  const front = await httpRequest({ port, path: '/' });
  assert.equal(front.status, 200);
  assert.match(front.text, /data-tocsin|signup/);
  for (const where of ['/inbox', '/lists/breaking', '/feed.json', '/healthz']) {
    assert.equal((await httpRequest({ port, path: where })).status, 200, where);
  }
  const end = await dev.stop('SIGINT');
  assert.equal(end.code, 0);
});
