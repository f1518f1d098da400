// Private Postfixes. startPostfix(): a smarthost, with STARTTLS and implicit TLS, both with AUTH
// (checked by Dovecot) required; every recipient's mail goes to Dovecot by LMTP. startExchanger():
// the mail server of some domains at an address of its own, which takes everything and throws it
// away.
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Running, freePort, idsOf, isListening, run } from './process.mjs';

export const kRefusedSender = 'refused-sender.test';

const kServices = [
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
];

// Starts a Postfix with these lines of main.cf and these listeners of master.cf beside what every
// instance needs, and waits until it listens: {log()}.
async function startInstance(scope, { settings, listeners, isReady }) {
  const folder = await scope.folder();
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
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
alias_maps =
virtual_mailbox_domains = static:all
smtpd_peername_lookup = no
smtputf8_enable = yes
smtpd_tls_loglevel = 1
${settings}`);
  const lines = [...listeners, ...kServices].map((line) => line.split(/ +/).join('\t'));
  await writeFile(path.join(folder, 'etc/master.cf'), `${lines.join('\n')}\n`);
  // `postfix check` lays out the queue. The master then runs in a process group of its own: it
  // ends by signalling its whole group.
  await run('postfix', ['-c', path.join(folder, 'etc'), 'check']);
  const postfix = new Running('/usr/lib/postfix/sbin/master',
    ['-c', path.join(folder, 'etc'), '-d'], { detached: true });
  scope.defer(() => postfix.stop());
  const log = () => readFile(path.join(folder, 'log'), 'utf8').catch(() => '');
  await postfix.ready(isReady)
    .catch(async (error) => { throw new Error(`${error.message}\n${await log()}`); });
  return { log };
}

export async function startPostfix(scope, dovecot, tls) {
  const [port, tlsPort] = [await freePort(), await freePort()];
  const { log } = await startInstance(scope, {
    settings: `
myhostname = smtp.test
mydomain = smtp.test
myorigin = smtp.test
inet_protocols = ipv4
virtual_transport = lmtp:unix:${dovecot.lmtp}
lmtp_destination_concurrency_limit = 10
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_sender_restrictions = check_sender_access inline:{ ${kRefusedSender}=REJECT }
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_chain_files = ${tls.key}, ${tls.cert}
smtpd_tls_received_header = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = ${dovecot.auth}
`,
    listeners: [
      `127.0.0.1:${port} inet n - n - - smtpd`,
      `127.0.0.1:${tlsPort} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes`,
    ],
    isReady: async () => await isListening(port) && isListening(tlsPort),
  });
  return { port, tlsPort, log };
}

// A mail server named `host` at `address` (127.0.0.2, ::1, ...): without `tls` it offers no
// STARTTLS; `settings` are more lines of main.cf. {received(): addresses in the order of their
// coming, connections(): how many there were, probes of this file included, log()}.
export async function startExchanger(scope, { host, address, port, tls, settings = '' }) {
  const v6 = address.includes(':');
  const offered = tls ? `
smtpd_tls_security_level = may
smtpd_tls_chain_files = ${tls.key}, ${tls.cert}
` : '';
  const { log } = await startInstance(scope, {
    settings: `
myhostname = ${host}
mydomain = ${host}
myorigin = ${host}
inet_protocols = ${v6 ? 'all' : 'ipv4'}
virtual_transport = discard:
smtpd_relay_restrictions = permit_auth_destination, reject
${offered}${settings}
`,
    listeners: [`${v6 ? `[${address}]` : address}:${port} inet n - n - - smtpd`],
    isReady: () => isListening(port, address),
  });
  return {
    log,
    async received() {
      return [...(await log()).matchAll(/: to=<([^>]*)>.*status=sent/g)].map((match) => match[1]);
    },
    async connections() {
      return (await log()).match(/: connect from /g)?.length ?? 0;
    },
  };
}
