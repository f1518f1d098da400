// The tests' own parts: what the other tests stand on.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { certificateAuthority } from './support/ca.mjs';
import { kPassword, startDovecot, waitForMail } from './support/dovecot.mjs';
import { startPostfix } from './support/postfix.mjs';
import { Scope } from './support/scope.mjs';
import { sendMail } from './support/smtp.mjs';

const scope = new Scope();
let dovecot;
let postfix;
let ca;

before(async () => {
  const tls = await certificateAuthority(await scope.folder());
  ca = await readFile(tls.ca);
  dovecot = await startDovecot(scope);
  postfix = await startPostfix(scope, dovecot, tls);
});
after(() => scope.close());

const mail = {
  from: 'news@paper.test',
  to: 'reader@readers.test',
  message: 'From: news@paper.test\nTo: reader@readers.test\nSubject: Self-test\n\nHello.',
};

test('a mail given to Postfix is in the IMAP mailbox', async () => {
  const login = { user: 'news', password: kPassword };
  const code = await sendMail({ port: postfix.port, ca, ...login, ...mail });
  assert.equal(code, 250);
  const got = await waitForMail(dovecot, mail.to, /Self-test/);
  assert.match(got.source.toString(), /^Subject: Self-test\r$/m);
});

test('Postfix refuses without AUTH and with a wrong password', async () => {
  assert.equal(await sendMail({ port: postfix.port, ca, ...mail }), 554);
  const wrong = { user: 'news', password: 'wrong' };
  assert.equal(await sendMail({ port: postfix.port, ca, ...wrong, ...mail }), 535);
});
