// Proof of work for the sign-up box: finds the counter that a challenge asks for (the form is in
// src/web/proof_of_work.h). embed.js loads it when the service asks for a proof, which is seldom.
//
// Works in slices of a few milliseconds on the page's own thread: the page stays alive, and a
// strict Content-Security-Policy needs no worker-src for it. Knows nothing of the reader.
const K = new Int32Array(64);
const START = new Int32Array(8);
{
  // The constants of SHA-256 are the fractions of roots of the first primes (FIPS 180-4).
  const fraction = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
  let found = 0;
  for (let n = 2; found < 64; n += 1) {
    let prime = true;
    for (let d = 2; d * d <= n && prime; d += 1) prime = n % d !== 0;
    if (!prime) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(n));
    K[found] = fraction(Math.cbrt(n));
    found += 1;
  }
}

const w = new Int32Array(64);

// One block: words 0 to 15 of `w` are the padded message; the digest comes into `out`.
function hashBlock(out) {
  for (let i = 16; i < 64; i += 1) {
    const x = w[i - 15];
    const y = w[i - 2];
    w[i] = (w[i - 16] + w[i - 7] +
      (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
      (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10))) | 0;
  }
  let a = START[0];
  let b = START[1];
  let c = START[2];
  let d = START[3];
  let e = START[4];
  let f = START[5];
  let g = START[6];
  let h = START[7];
  for (let i = 0; i < 64; i += 1) {
    const one = (h +
      (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
      ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const two = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) +
      ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  out[0] = START[0] + a;
  out[1] = START[1] + b;
  out[2] = START[2] + c;
  out[3] = START[3] + d;
  out[4] = START[4] + e;
  out[5] = START[5] + f;
  out[6] = START[6] + g;
  out[7] = START[7] + h;
}

function hexWords(hex) {
  return hex.match(/.{8}/g).map((part) => parseInt(part, 16) | 0);
}

function hex(digest) {
  return Array.from(digest, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function pad(bytes) {
  const words = bytes / 4;
  w[words] = 0x80000000 | 0;
  w.fill(0, words + 1, 15);
  w[15] = bytes * 8;
}

// The digest for one counter: salt, nonce and counter are hashed, then the digest, `cost` times.
export function deriveKey(start, counter, cost, digest) {
  w.set(start);
  w[8] = counter;
  pad(36);
  hashBlock(digest);
  for (let i = 1; i < cost; i += 1) {
    w.set(digest);
    pad(32);
    hashBlock(digest);
  }
}

// Resolves to what goes into the form's field `proof`.
export function prove(challenge) {
  const { cost, keyPrefix, nonce, salt } = challenge.parameters;
  const start = hexWords(salt + nonce);
  const digest = new Int32Array(8);
  let counter = 0;
  return new Promise((resolve) => {
    const slice = () => {
      const until = performance.now() + 12;
      do {
        for (let i = 0; i < 16; i += 1, counter += 1) {
          deriveKey(start, counter, cost, digest);
          // The first word alone decides nearly always.
          if (hex(digest.subarray(0, 1)).startsWith(keyPrefix.slice(0, 8)) &&
              hex(digest).startsWith(keyPrefix)) {
            const solution = { counter, derivedKey: hex(digest) };
            resolve(btoa(JSON.stringify({ challenge, solution })));
            return;
          }
        }
      } while (performance.now() < until);
      setTimeout(slice, 0);
    };
    slice();
  });
}
