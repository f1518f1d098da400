// A private Postfix as the smarthost: submission with STARTTLS, and implicit TLS beside it, both
// with AUTH (checked by Dovecot) required; every recipient's mail goes to Dovecot by LMTP.
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Running, freePort, idsOf, isListening, run } from './process.mjs';

export const kRefusedSender = 'refused-sender.test';

export async function startPostfix(scope, dovecot, tls) {
  const folder = await scope.folder();
  const [port, tlsPort] = [await freePort(), await freePort()];
  for (const name of ['etc', 'queue', 'data']) await mkdir(path.join(folder, name));
  const { uid, gid } = await idsOf('postfix');
  await chown(path.join(folder, 'data'), uid, gid);
  await writeFile(path.join(folder, 'etc/main.cf'), `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
maillog_file = ${folder}/log
maillog_file_prefixes = ${folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = smtp.test
mydomain = smtp.test
myorigin = smtp.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
virtual_mailbox_domains = static:all
virtual_transport = lmtp:unix:${dovecot.lmtp}
lmtp_destination_concurrency_limit = 10
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_sender_restrictions = check_sender_access inline:{ ${kRefusedSender}=REJECT }
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_chain_files = ${tls.key}, ${tls.cert}
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = ${dovecot.auth}
smtpd_peername_lookup = no
smtputf8_enable = yes
`);
  const service = (line) => line.split(/\s+/).join('\t');
  await writeFile(path.join(folder, 'etc/master.cf'), [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    `127.0.0.1:${tlsPort} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes`,
    'pickup unix n - n 60 1 pickup',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'flush unix n - n 1000? 0 flush',
    'proxymap unix - - n - - proxymap',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'discard unix - - n - - discard',
    'lmtp unix - - n - - lmtp',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'postlog unix-dgram n - n - 1 postlogd',
  ].map(service).join('\n') + '\n');
  // `postfix check` lays out the queue. The master then runs in a process group of its own: it
  // ends by signalling its whole group.
  await run('postfix', ['-c', path.join(folder, 'etc'), 'check']);
  const postfix = new Running('/usr/lib/postfix/sbin/master',
    ['-c', path.join(folder, 'etc'), '-d'], { detached: true });
  scope.defer(() => postfix.stop());
  const log = () => readFile(path.join(folder, 'log'), 'utf8');
  await postfix.ready(async () => await isListening(port) && isListening(tlsPort))
    .catch(async (error) => { throw new Error(`${error.message}\n${await log()}`); });
  return { port, tlsPort, log };
}
