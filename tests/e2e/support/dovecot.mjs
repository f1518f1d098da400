// A private Dovecot: mailboxes for every address of every domain, read by IMAP, filled by LMTP;
// it also checks the passwords that Postfix is given (user anything, password `kPassword`).
import { mkdir, writeFile, chown } from 'node:fs/promises';
import path from 'node:path';
import { ImapFlow } from 'imapflow';
import { Running, eventually, freePort, idsOf, isListening } from './process.mjs';

export const kPassword = 'correct-horse';

export async function startDovecot(scope) {
  const folder = await scope.folder();
  const port = await freePort();
  const { uid, gid } = await idsOf('nobody');
  await mkdir(path.join(folder, 'mail'));
  await chown(path.join(folder, 'mail'), uid, gid);
  const config = path.join(folder, 'dovecot.conf');
  await writeFile(config, `
protocols = imap lmtp
listen = 127.0.0.1
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
instance_name = tocsin-test
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
last_valid_uid = 0
first_valid_gid = 1
mail_location = maildir:~/Maildir
postmaster_address = postmaster@smtp.test
hostname = smtp.test
passdb {
  driver = static
  args = password=${kPassword}
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${folder}/mail/%Ld/%Ln allow_all_users=yes
}
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  unix_listener ${folder}/lmtp {
    mode = 0666
  }
}
service auth {
  unix_listener ${folder}/auth {
    mode = 0666
  }
}
`);
  const dovecot = new Running('dovecot', ['-F', '-c', config]);
  scope.defer(() => dovecot.stop());
  await dovecot.ready(() => isListening(port));
  return { port, lmtp: `${folder}/lmtp`, auth: `${folder}/auth`, log: `${folder}/log` };
}

// All mails of a mailbox, oldest first, as {uid, subject, source}; [] if it does not exist yet.
export async function readMailbox(dovecot, address) {
  const client = new ImapFlow({
    host: '127.0.0.1', port: dovecot.port, secure: false, logger: false, doSTARTTLS: false,
    auth: { user: address, pass: kPassword },
  });
  await client.connect();
  try {
    const lock = await client.getMailboxLock('INBOX');
    try {
      const mails = [];
      for await (const mail of client.fetch('1:*', { source: true, envelope: true, uid: true })) {
        mails.push({ uid: mail.uid, subject: mail.envelope.subject, source: mail.source });
      }
      return mails.sort((a, b) => a.uid - b.uid);
    } finally {
      lock.release();
    }
  } finally {
    await client.logout();
  }
}

// Waits for a mail whose subject matches, and answers it.
export function waitForMail(dovecot, address, subject, limitMs = 20_000) {
  return eventually(`a mail "${subject}" for ${address}`, async () => {
    const mails = await readMailbox(dovecot, address);
    return mails.find((mail) => mail.subject.match(subject));
  }, { limitMs, everyMs: 150 });
}
