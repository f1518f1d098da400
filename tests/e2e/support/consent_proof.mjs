// Checks a consent proof (`tocsin consent proof ADDR`) without Tocsin, by docs/CONSENT.md alone.
//   node consent_proof.mjs PROOF.json KEY     the key from whoever is trusted with it
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const hex = (text) => Buffer.from(text, 'hex');
function number(value) {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out;
}
function bytes(value) {
  const raw = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(raw.length);
  return Buffer.concat([length, raw]);
}

// The signed tree head: {size, root}.
export function openCheckpoint(note, key) {
  const [, name, id, typed] = key.match(/^([^+]+)\+([0-9a-f]{8})\+(.+)$/);
  const raw = Buffer.from(typed, 'base64');
  assert.deepEqual(sha256(Buffer.from(`${name}\n`), raw).subarray(0, 4), hex(id));
  const [body, signatures] = [note.slice(0, note.lastIndexOf('\n\n') + 1),
    note.slice(note.lastIndexOf('\n\n') + 2)];
  const mine = signatures.split('\n').find((line) => line.startsWith(`\u2014 ${name} `));
  const signature = Buffer.from(mine.split(' ')[2], 'base64');
  const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519',
    x: raw.subarray(1).toString('base64url') } });
  assert.deepEqual(signature.subarray(0, 4), hex(id));
  assert.ok(verify(null, Buffer.from(body), publicKey, signature.subarray(4)), 'the signature');
  const [origin, size, root] = body.split('\n');
  assert.equal(origin, name);
  return { size: Number(size), root: Buffer.from(root, 'base64') };
}

function leafOf(e) {
  const common = [number(e.seq), bytes(e.type), bytes(hex(e.subject)), number(e.list)];
  const who = [bytes(e.method), bytes(e.actor), number(e.at_ms), bytes(hex(e.pii_commit))];
  const one = [Buffer.from('tocsin-consent-1'), ...common, bytes(e.purpose),
    bytes(hex(e.wording_hash)), bytes(e.page_url), ...who, bytes(hex(e.prev_hash))];
  const two = [Buffer.from('tocsin-consent-2'), ...common, bytes(e.list_name), bytes(e.purpose),
    bytes(hex(e.wording_hash)), bytes(hex(e.controller_hash)), ...who,
    bytes(hex(e.detail_commit)), bytes(hex(e.origin_commit)), bytes(hex(e.prev_hash))];
  return sha256(Buffer.from([0]), ...(e.format === 1 ? one : two));
}

// RFC 9162 section 2.1.3.2, from the leaf up.
function rootFrom(leaf, index, size, path) {
  let [node, last, hash] = [index, size - 1, leaf];
  for (const sibling of path) {
    assert.notEqual(last, 0);
    const right = node % 2 === 1 || node === last;
    hash = sha256(Buffer.from([1]), ...(right ? [sibling, hash] : [hash, sibling]));
    while (right && node % 2 === 0 && node > 0) [node, last] = [node / 2, Math.floor(last / 2)];
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  assert.equal(last, 0);
  return hash;
}

// Throws unless every entry was given by this address and is under the checkpoint.
export function checkProof(proof, key) {
  const { size, root } = openCheckpoint(proof.checkpoint, key);
  for (const e of proof.entries) {
    assert.deepEqual(rootFrom(leafOf(e), e.seq - 1, size, e.path.map(hex)), root, `entry ${e.seq}`);
    assert.deepEqual(sha256(hex(proof.salt), Buffer.from(proof.address_key)), hex(e.pii_commit));
    if (e.wording_hash) assert.deepEqual(sha256(Buffer.from(e.wording)), hex(e.wording_hash));
    if (e.controller_hash) {
      assert.deepEqual(sha256(Buffer.from(e.controller)), hex(e.controller_hash));
    }
    if (e.detail) {
      const d = e.detail;
      assert.deepEqual(sha256(Buffer.from('tocsin-consent-detail-2'), bytes(hex(proof.salt)),
        number(e.seq), bytes(d.form_id), bytes(d.page_url), bytes(d.embed_origin),
        bytes(d.locale), bytes(d.message_id), bytes(hex(d.token_hash))), hex(e.detail_commit));
    }
    if (e.origin) {
      assert.deepEqual(sha256(Buffer.from('tocsin-consent-origin-2'), bytes(hex(e.origin.salt)),
        number(e.seq), bytes(e.origin.ip), bytes(e.origin.user_agent)), hex(e.origin_commit));
    }
  }
  return { address: proof.address, entries: proof.entries.length, size };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , file, key] = process.argv;
  console.log(checkProof(JSON.parse(readFileSync(file, 'utf8')), key));
}
