// A newsroom with readers and a recording sink, for the tests that nobody is lost.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './process.mjs';
import { Tocsin, parseCsv, readRecord, startSink } from './tocsin.mjs';

// Long tests run only where somebody asked for them: TOCSIN_LONG=1 ./test e2e lost_time
export const long = Boolean(process.env.TOCSIN_LONG);

export const addressOf = (i) => `r${i}@readers${i % 3}.net`;

export class Newsroom {
  // `faults` of the sink; `folder`: where the database is to be (default: a temporary folder).
  static async create(scope, { readers, faults = [], folder, env = {} }) {
    const made = new Newsroom();
    made.readers = readers;
    made.record = path.join(await scope.folder(), 'record');
    made.sink = await startSink(scope, '--record', made.record, ...faults);
    made.news = await Tocsin.create(scope, { env,
      relay: `smtp://127.0.0.1:${made.sink.port}?tls=none` });
    if (folder) await made.#moveTo(folder);
    return made;
  }

  async #moveTo(folder) {
    const copied = await run('cp', ['-a', `${this.news.folder}/.`, folder]);
    assert.equal(copied.code, 0, copied.stderr);
    this.news.folder = folder;
    this.news.env.TOCSIN_CONFIG = path.join(folder, 'tocsin.toml');
  }

  // The list and its readers; the service must run.
  async fill(scope) {
    await this.news.do('list', 'create', 'breaking');
    const file = path.join(await scope.folder(), 'readers.csv');
    const rows = Array.from({ length: this.readers }, (_, i) => addressOf(i));
    await writeFile(file, `email\n${rows.join('\n')}\n`);
    await this.news.do('import', file, '--list', 'breaking', '--consent-source', 'a test');
  }

  async send(...more) {
    const sent = await this.news.do('alert', 'send', '--list', 'breaking', '--headline', 'News',
      '--summary', 'Short.', '--json', ...more);
    return sent.id;
  }

  // Who has been sent alert `id`, in order.
  async taken(id) {
    return (await readRecord(this.record)).filter((one) => one.messageId.startsWith(`${id}.`));
  }

  // Everyone is delivered, by the ledger, by its own proof and by the sink's record. Answers how
  // many got a second copy, each byte for byte the first.
  async everyoneGot(id) {
    const { news } = this;
    const status = await news.finished(id, 120_000);
    assert.deepEqual([status.audience, status.delivered], [this.readers, this.readers]);
    await news.do('alert', 'verify', String(id));
    const rows = parseCsv(await news.do('alert', 'ledger', String(id)));
    assert.equal(new Set(rows.map((row) => row.address)).size, this.readers);
    const copies = new Map();
    for (const one of await this.taken(id)) {
      copies.set(one.address, (copies.get(one.address) ?? new Set()).add(one.hash));
    }
    assert.equal(copies.size, this.readers, 'the sink has everyone');
    for (const [address, hashes] of copies) assert.equal(hashes.size, 1, `${address}: one message`);
    return (await this.taken(id)).length - this.readers;
  }
}
