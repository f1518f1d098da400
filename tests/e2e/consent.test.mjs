// Consent can be proved to others, withdrawn without a trace, and not be rewritten unnoticed.
import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { checkProof, openCheckpoint } from './support/consent_proof.mjs';
import { linkIn } from './support/mail.mjs';
import { onlySqlite } from './support/postgresql.mjs';
import { eventually, freePort, run } from './support/process.mjs';
import { Scope } from './support/scope.mjs';
import { Tocsin } from './support/tocsin.mjs';

const scope = new Scope();
const ann = 'ann.to-be-forgotten@first-readers.example';
const ben = 'ben@first-readers.example';
const auditor = 'auditor@witness.example';
let news;
let kept;     // a folder elsewhere, with checkpoints
let key;

async function mailTo(address, prefix) {
  return eventually(`a mail to ${address}`, async () => {
    const list = (await news.get('/inbox/api/messages')).json().messages;
    for (const { id, rcpt_to: to } of list.reverse()) {
      if (!to.includes(address)) continue;
      const { text } = (await news.get(`/inbox/api/messages/${id}`)).json();
      if (text.includes(prefix)) return text;
    }
    return null;
  });
}

async function subscribe(address) {
  const headers = { 'user-agent': 'A browser of the reader' };
  const asked = await news.post('/lists/breaking/signup', { email: address }, headers);
  assert.equal(asked.status, 200, asked.text);
  const prefix = `${news.url}/c/`;
  const confirmed = await news.post(linkIn(await mailTo(address, prefix), prefix), {}, headers);
  assert.equal(confirmed.status, 200);
}

async function proofOf(address) {
  return JSON.parse(await news.do('consent', 'proof', address));
}

async function checkpointFile(name) {
  const file = path.join(news.folder, name);
  await writeFile(file, await news.do('consent', 'checkpoint'));
  return file;
}

before(async () => {
  kept = await scope.folder();
  news = await Tocsin.create(scope, { env: { TOCSIN_DEV_INBOX: 'true',
    TOCSIN_DEV_INBOX_LISTEN: `127.0.0.1:${await freePort()}`,
    TOCSIN_CONSENT_CHECKPOINT_FOLDER: kept, TOCSIN_CONSENT_CHECKPOINT_TO: auditor } });
  await news.start();
  await news.do('list', 'create', 'breaking');
  await subscribe(ann);
  await subscribe(ben);
});
after(() => scope.close());

test('a checkpoint is signed by itself, mailed and written elsewhere', async () => {
  await news.stop();
  await news.start();  // when the next is looked for
  const [file] = await eventually('its file', async () => {
    const files = await readdir(kept);
    return files.length > 0 && files;
  });
  const note = await readFile(path.join(kept, file), 'utf8');
  key = (await news.do('consent', 'checkpoint', '--key')).trim();
  const { size } = openCheckpoint(note, key);
  assert.equal(file, `consent-${String(size).padStart(12, '0')}.txt`);
  const mail = await mailTo(auditor, 'signed');
  assert.ok(mail.replace(/\r\n/g, '\n').includes(note.split('\n')[2]), 'the root');
  assert.match(await news.do('consent', 'consistency', path.join(kept, file)), /unchanged/);
});

test('a proof convinces a program that is not ours, and a changed one does not', async () => {
  const proof = await proofOf(ann);
  const checked = checkProof(proof, key);
  assert.equal(checked.address, ann);
  const types = proof.entries.map((entry) => entry.type);
  assert.deepEqual(types, ['requested', 'confirm_sent', 'confirmed']);
  assert.match(proof.entries[0].wording, /straight to your inbox/);
  assert.equal(proof.entries[0].list_name, 'breaking');
  assert.match(proof.entries[0].controller, /The Harbour Post/);
  for (const change of [
    (p) => { p.entries[2].at_ms += 1; },
    (p) => { p.entries[0].wording = 'I want offers.'; },
    (p) => { p.address_key = ben; },
    (p) => { p.entries[1].path.pop(); },
    (p) => { p.checkpoint = p.checkpoint.replace('/consent', '/other'); },
  ]) {
    const forged = structuredClone(proof);
    change(forged);
    assert.throws(() => checkProof(forged, key));
  }
});

// The bytes of everything that is on the disk, or in the tables, and of a backup made now.
async function everything(name) {
  const parts = [];
  const url = (await news.readConfig()).match(/^url = "(postgresql:[^"]+)"/m)?.[1];
  if (url) {
    const dump = await run('pg_dump', ['--inserts', url]);
    assert.equal(dump.code, 0, dump.stderr);
    // Bytes are in hex there.
    parts.push(Buffer.from(dump.stdout),
      ...(dump.stdout.match(/\\x[0-9a-f]+/g) ?? []).map((hex) => Buffer.from(hex.slice(2), 'hex')));
  }
  await news.do('backup', path.join(news.folder, name));
  for (const file of await readdir(news.folder, { withFileTypes: true })) {
    if (file.isFile()) parts.push(await readFile(path.join(news.folder, file.name)));
  }
  parts.push(Buffer.from(news.log()));
  return Buffer.concat(parts);
}

test('an erased reader is found nowhere, and what others proved stays proved', async () => {
  const before = await proofOf(ben);
  const checkpoint = await checkpointFile('before.txt');
  const known = await everything('backup-before');
  assert.ok(known.includes(ann) && known.includes('A browser of the reader'), 'it looks well');
  await run('rm', [path.join(news.folder, 'backup-before')]);

  await news.do('subscriber', 'erase', ann);
  const bytes = await everything('backup-after');
  for (const trace of [ann, 'ann.to-be-forgotten', ann.toUpperCase()]) {
    assert.ok(!bytes.includes(trace), `no trace of ${trace}`);
  }
  assert.equal((await news.cli('consent', 'proof', ann)).code, 1);
  checkProof(before, key);
  assert.equal(checkProof(await proofOf(ben), key).entries, 3);
  assert.match(await news.do('consent', 'consistency', checkpoint), /unchanged/);
  assert.match(await news.do('consent', 'verify'), /intact/);
  // Neither does an import bring the address back.
  const file = path.join(await scope.folder(), 'old.csv');
  await writeFile(file, `email\n${ann}\n`);
  const done = await news.do('import', file, '--list', 'breaking', '--consent-source', 'x',
    '--json', '--report', `${file}.refused`);
  assert.equal(done.accepted, 0);
});

test('a ledger that was rewritten is found out by who keeps a checkpoint', onlySqlite, async () => {
  const checkpoint = await checkpointFile('kept.txt');
  await news.stop();
  // As somebody would who knows the program: the last entry gone, every end of it adjusted.
  const rewritten = await run('python3', ['-c', 'import sqlite3, sys\n'
    + 'db = sqlite3.connect(sys.argv[1])\n'
    + 'last = db.execute("SELECT max(seq) FROM consent_event").fetchone()[0] - 1\n'
    + 'for table in ("event", "detail", "origin"):\n'
    + '  db.execute(f"DELETE FROM consent_{table} WHERE seq > ?", [last])\n'
    + 'db.execute("UPDATE consent_head SET seq = ?, tree_size = 0, frontier = NULL, hash = '
    + '(SELECT hash FROM consent_event WHERE seq = ?)", [last, last])\n'
    + 'db.execute("DELETE FROM consent_node")\n'
    + 'db.execute("DELETE FROM consent_checkpoint WHERE size > ?", [last])\n'
    + 'db.commit()', path.join(news.folder, 'tocsin.db')]);
  assert.equal(rewritten.code, 0, rewritten.stderr);
  await news.start();
  assert.match(await news.do('consent', 'verify'), /intact/, 'nothing in the database tells');
  const short = await news.cli('consent', 'consistency', checkpoint);
  assert.equal(short.code, 1);
  assert.match(short.stderr, /^tocsin: [^\n]*cut off[^\n]*\n$/);
  await subscribe('kim@first-readers.example');
  const other = await news.cli('consent', 'consistency', checkpoint);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /rewritten/);
  const foreign = path.join(news.folder, 'foreign.txt');
  await writeFile(foreign, (await readFile(checkpoint, 'utf8')).replace('/consent', '/other'));
  assert.match((await news.cli('consent', 'consistency', foreign)).stderr, /not signed|about/);
});
