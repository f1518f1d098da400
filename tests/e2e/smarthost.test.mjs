// The main journey through real parts: sign up by HTTP, confirm, release, and find the alert in an
// IMAP mailbox behind a Postfix smarthost; its DKIM signature is judged by mailauth, not by us.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { certificateAuthority } from './support/ca.mjs';
import { kPassword, readMailbox, startDovecot, waitForMail } from './support/dovecot.mjs';
import { decodeWords, linkIn, readMail, verifyDkim } from './support/mail.mjs';
import { startPostfix } from './support/postfix.mjs';
import { Scope } from './support/scope.mjs';
import { Tocsin, parseCsv } from './support/tocsin.mjs';

const scope = new Scope();
const ann = 'ann@first-readers.net';
const ben = 'Ben.Reader@second-readers.net';
const kAccepted = /If .+ is not signed up yet, a message is on its way/;

let dovecot;
let postfix;
let news;
let records;  // what the operator publishes in DNS: {name: TXT}
let first;    // the first alert's mail to ann
let firstId;

function dkimRecords(text) {
  const found = {};
  for (const line of text.split('\n')) {
    const name = line.match(/([\w.-]+\._domainkey\.[\w.-]+?)\.?(?=[\s":]|$)/)?.[1];
    const value = line.includes('v=DKIM1')
      && line.slice(line.indexOf('v=DKIM1')).replace(/"\s*"/g, '').split('"')[0].trim();
    if (name && value) found[name] = value;
  }
  return found;
}

async function signUp(address) {
  const answer = await news.post('/lists/breaking/signup', {
    email: address, page_url: 'https://paper.example/harbour-fire',
  });
  assert.equal(answer.status, 200);
  assert.match(answer.text, kAccepted);
  const got = await waitForMail(dovecot, address, /confirm/i);
  return readMail(got.source);
}

async function confirm(address) {
  const mail = await signUp(address);
  const page = linkIn(mail.text, `${news.url}/c/`);
  const done = await news.post(page);
  assert.equal(done.status, 200);
  return done;
}

function send(headline, ...more) {
  return news.do('alert', 'send', '--list', 'breaking', '--headline', headline,
    '--summary', 'Crews are at the east quay. – Nobody is hurt.',
    '--url', 'https://paper.example/harbour-fire', '--wait', '--json', ...more);
}

before(async () => {
  const tls = await certificateAuthority(await scope.folder());
  dovecot = await startDovecot(scope);
  postfix = await startPostfix(scope, dovecot, tls);
  news = await Tocsin.create(scope, {
    relay: `smtp://news:${kPassword}@localhost:${postfix.port}?tls=required&ca=${tls.ca}`,
    env: { TEST_CA: tls.ca },
  });
  records = dkimRecords(news.initOutput);
  await news.start();
  await news.do('list', 'create', 'breaking', '--name', 'Breaking News');
});
after(() => scope.close());

test('init prints the DNS records that the operator publishes', () => {
  assert.ok(Object.keys(records).length >= 1, `no DKIM record in:\n${news.initOutput}`);
});

test('signing up sends a confirmation; opening its link changes nothing', async () => {
  const mail = await signUp(ann);
  assert.equal(mail.get('to').replace(/[<>]/g, ''), ann);
  assert.equal((await verifyDkim(mail.raw, records)).every((one) => one.result === 'pass'), true);
  assert.equal(mail.get('auto-submitted'), 'auto-generated');
  const link = linkIn(mail.text, `${news.url}/c/`);
  for (let i = 0; i < 3; i += 1) {
    const page = await news.get(link);
    assert.equal(page.status, 200);
    assert.match(page.text, /<form[^>]+method="post"/);
  }
  const before = await news.do('subscriber', 'show', ann, '--json');
  assert.equal(before.subscriptions[0].state, 'pending');
  const done = await news.post(link);
  assert.equal(done.status, 200);
  assert.match(done.text, /Thanks for signing up to the Breaking News email/);
  const now = await news.do('subscriber', 'show', ann, '--json');
  assert.equal(now.subscriptions[0].state, 'active');
});

test('signing up again sends no second mail and answers the same', async () => {
  const again = await news.post('/lists/breaking/signup', { email: ann });
  assert.match(again.text, kAccepted);
  await confirm(ben);
  assert.equal((await readMailbox(dovecot, ann)).length, 1);
});

test('a released alert is in the mailbox, signed and complete', async () => {
  const status = await send('Fire at the harbour – crews on the way');
  assert.deepEqual([status.state, status.audience, status.delivered], ['finished', 2, 2]);
  for (const key of ['first_ms', 'p50_ms', 'p90_ms', 'p99_ms', 'last_ms']) {
    assert.equal(typeof status[key], 'number', key);
  }
  firstId = status.id;
  const got = await waitForMail(dovecot, ann, /Fire at the harbour/);
  first = readMail(got.source);
  assert.equal(decodeWords(first.get('subject')), 'Fire at the harbour – crews on the way');
  assert.match(first.get('from'), /The Harbour Post.*<alerts@harbourpost\.net>/);
  assert.match(first.get('to'), new RegExp(`^<?${ann}>?$`));
  assert.match(first.get('date'), /^\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$/);
  assert.match(first.get('message-id'), /^<[^<>@\s]+@harbourpost\.net>$/);
  assert.match(first.get('list-id'), /Breaking News.*<breaking\./);
  assert.match(first.get('list-unsubscribe'), new RegExp(`<${news.url}/u/[\\w-]+>`));
  assert.match(first.get('list-unsubscribe'), /<mailto:unsubscribe/);
  assert.equal(first.get('list-unsubscribe-post'), 'List-Unsubscribe=One-Click');
  assert.ok(first.get('feedback-id'));
  assert.match(first.get('return-path'), /^<b\+[a-z2-7]+@/);
  assert.match(first.get('content-type'), /^multipart\/alternative/);
  for (const part of [first.text, first.html]) {
    assert.match(part, /Crews are at the east quay\. – Nobody is hurt\./);
    assert.ok(part.includes('https://paper.example/harbour-fire'));
    assert.ok(part.includes(`${news.url}/u/`), 'a way out in each part');
  }
});

test('mailauth finds every DKIM signature valid, List-Unsubscribe signed', async () => {
  const signatures = await verifyDkim(first.raw, records);
  assert.ok(signatures.length >= 1);
  for (const signature of signatures) {
    assert.equal(signature.result, 'pass', JSON.stringify(signature));
    assert.equal(signature.domain, 'harbourpost.net');
    for (const name of ['from', 'to', 'subject', 'date', 'message-id', 'list-unsubscribe',
      'list-unsubscribe-post', 'feedback-id']) {
      assert.ok(signature.headers.includes(name), `${name} is signed`);
    }
  }
  assert.ok(signatures.some((one) => one.algo === 'rsa-sha256'));
  for (const header of first.all('dkim-signature')) {
    assert.match(header, /c=relaxed\/relaxed/);
    assert.doesNotMatch(header, /\bl=\d/);
    const signed = header.match(/\bh=([^;]+)/)[1].toLowerCase().split(/\s*:\s*/);
    for (const name of ['from', 'subject', 'to']) {
      assert.equal(signed.filter((one) => one.trim() === name).length, 2, `${name} is over-signed`);
    }
  }
});

test('the lines of the mail are short, and end with CRLF only', () => {
  assert.doesNotMatch(first.raw, /[^\r]\n|\r[^\n]/);
  for (const line of first.raw.split('\r\n')) assert.ok(line.length <= 998);
});

test('a correction goes to those reached, as an answer to the original', async () => {
  const status = await send('Correction: the fire is at the west quay', '--kind', 'correction',
    '--of', String(firstId));
  assert.equal(status.delivered, 2);
  const got = await waitForMail(dovecot, ann, /west quay/);
  const mail = readMail(got.source);
  assert.ok(mail.get('references').includes(first.get('message-id')));
  assert.ok((await verifyDkim(mail.raw, records)).every((one) => one.result === 'pass'));
});

test('the ledger names each recipient with the Message-ID and the reply of Postfix', async () => {
  const rows = parseCsv(await news.do('alert', 'ledger', String(firstId)));
  assert.deepEqual(Object.keys(rows[0]),
    ['ordinal', 'address', 'outcome', 'at', 'message_id', 'reply']);
  assert.deepEqual(rows.map((row) => row.address).sort(), [ann, ben].sort());
  const row = rows.find((one) => one.address === ann);
  assert.equal(row.outcome, 'delivered');
  assert.ok(first.get('message-id').includes(row.message_id.replace(/[<>]/g, '')));
  assert.match(row.reply, /^250 /);
  await news.do('alert', 'verify', String(firstId));
});

test('one click unsubscribes, and the next alert does not come', async () => {
  const link = first.get('list-unsubscribe').match(/<(http[^>]+)>/)[1];
  const opened = await news.get(link);
  assert.equal(opened.status, 200);
  const show = () => news.do('subscriber', 'show', ann, '--json');
  assert.equal((await show()).subscriptions[0].state, 'active');
  const done = await news.post(link, { 'List-Unsubscribe': 'One-Click' });
  assert.equal(done.status, 200);
  assert.equal((await show()).subscriptions[0].state, 'left');
  const status = await send('Second alert, for those who stayed');
  assert.deepEqual([status.audience, status.delivered], [1, 1]);
  await waitForMail(dovecot, ben, /Second alert/);
  const subjects = (await readMailbox(dovecot, ann)).map((mail) => mail.subject);
  assert.ok(!subjects.some((subject) => subject.includes('Second alert')), subjects.join('; '));
});

test('Postfix was spoken to over TLS, with AUTH, several messages to a connection', async () => {
  const log = await postfix.log();
  assert.match(log, /sasl_username=news/);
  assert.match(log, /TLS connection established/);
  assert.doesNotMatch(log, /improper command|lost connection after (MAIL|RCPT|DATA|BDAT|RSET)/);
});

test('implicit TLS works as well', async () => {
  await news.stop();
  news.env.TOCSIN_DELIVERY_RELAY =
    `smtps://news:${kPassword}@localhost:${postfix.tlsPort}?ca=${news.env.TEST_CA}`;
  await news.start();
  const status = await send('Third alert, by implicit TLS');
  assert.deepEqual([status.audience, status.delivered], [1, 1]);
  await waitForMail(dovecot, ben, /Third alert/);
});

test('the consent ledger holds what the readers did, and verifies', async () => {
  const { consent } = await news.do('subscriber', 'show', ann, '--json');
  const types = consent.map((event) => event.type);
  assert.deepEqual(types.filter((type) => type !== 'confirm_sent'),
    ['requested', 'confirmed', 'withdrawn']);
  assert.match(consent[0].wording, /straight to your inbox/);
  assert.equal(consent[0].page_url, 'https://paper.example/harbour-fire');
  assert.equal(consent.at(-1).method, 'one_click');
  const verdict = await news.do('consent', 'verify', '--json');
  assert.equal(verdict.intact, true);
});
