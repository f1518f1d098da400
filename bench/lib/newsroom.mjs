// A `tocsin serve` of its own with readers, for figures of the whole service.
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { delay, eventually, freePort } from '../../tests/e2e/support/process.mjs';
import { Scope } from '../../tests/e2e/support/scope.mjs';
import { Tocsin, httpRequest, tocsin } from '../../tests/e2e/support/tocsin.mjs';

const kProviders = ['bigmail-one.net', 'mail-two-news.net', 'third-provider.net'];

export class Newsroom {
  static async create() {
    const room = new Newsroom();
    room.scope = new Scope();
    room.relayPort = await freePort();
    room.news = await Tocsin.create(room.scope,
      { relay: `smtp://127.0.0.1:${room.relayPort}?tls=none`,
        env: { TOCSIN_DELIVERY_CONNECTIONS_MAX: '20' } });
    await room.news.start();
    await room.news.do('list', 'create', 'breaking', '--name', 'Breaking news');
    return room;
  }

  // Imports as many readers; the seconds it took.
  async import(readers) {
    const file = path.join(this.news.folder, 'readers.csv');
    const out = createWriteStream(file);
    out.write('email\n');
    for (let i = 0; i < readers; i += 1) {
      const domain = i % 5 < 3 ? kProviders[i % 3] : `readers${i % 5_000}.net`;
      if (!out.write(`reader${i}@${domain}\n`)) await once(out, 'drain');
    }
    out.end();
    await once(out, 'finish');
    const begin = performance.now();
    const done = await tocsin(['import', file, '--list', 'breaking', '--consent-source',
      'a benchmark', '--json'], { env: this.news.env, limitMs: 600_000 });
    if (done.code !== 0) throw new Error(`import: ${done.stderr}`);
    const { accepted } = JSON.parse(done.stdout);
    if (accepted !== readers) throw new Error(`import: ${accepted} of ${readers} accepted`);
    return (performance.now() - begin) / 1000;
  }

  // Releases an alert to everyone: its id.
  async send() {
    const { id } = await this.news.do('alert', 'send', '--list', 'breaking', '--headline',
      'A bridge is closed', '--summary', 'The bridge is closed until further notice.', '--url',
      'https://harbourpost.net/bridge', '--json');
    return id;
  }

  underWay(id) {
    return eventually('the alert is under way', async () =>
      (await this.news.status(id)).delivered > 1000, { limitMs: 60_000, everyMs: 50 });
  }

  finish(id) {
    return this.news.finished(id, 900_000);
  }

  // Signs readers up, one every `everyMs`, each from a network of its own: how long it took, in
  // milliseconds, from sending the form to the sink's 250 for the confirmation mail.
  async signUps(sink, count, everyMs) {
    const times = [];
    for (let i = 0; i < count; i += 1) {
      const email = `newcomer${i}@newcomers-here.net`;
      times.push(this.#signUp(sink, email, `127.0.${1 + (i % 200)}.1`));
      await delay(everyMs);
    }
    return Promise.all(times);
  }

  async #signUp(sink, email, localAddress) {
    const arrival = sink.arrival(email, 60_000);
    const body = new URLSearchParams({ email }).toString();
    const begin = performance.now();
    const answer = await httpRequest({ port: this.news.port, method: 'POST', localAddress,
      path: '/lists/breaking/signup', headers: { 'content-length': Buffer.byteLength(body),
        'content-type': 'application/x-www-form-urlencoded' } }, body);
    if (answer.status >= 400) throw new Error(`sign-up: ${answer.status} ${answer.text}`);
    return (await arrival) - begin;
  }

  async databaseBytes() {
    const file = path.join(this.news.folder, 'tocsin.db');
    return (await stat(file)).size;
  }

  async close() {
    await this.news.stop().catch(() => {});
    await this.scope.close();
  }
}
