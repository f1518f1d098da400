// A throw-away certificate authority and one server certificate, by the openssl command.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './process.mjs';

async function openssl(...args) {
  const done = await run('openssl', args);
  if (done.code !== 0) throw new Error(`openssl ${args.join(' ')}: ${done.stderr}`);
}

const kNames = ['DNS:localhost', 'DNS:smtp.test', 'IP:127.0.0.1'];

// {ca, cert, key}: file names. The certificate is for all of `names`.
export async function certificateAuthority(folder, name = 'test', names = kNames) {
  const file = (suffix) => path.join(folder, `${name}-${suffix}`);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl('req', '-x509', ...curve, '-days', '2', '-subj', `/CN=Throw-away ${name} CA`,
    '-keyout', file('ca.key'), '-out', file('ca.pem'));
  await openssl('req', ...curve, '-subj', '/CN=localhost',
    '-keyout', file('server.key'), '-out', file('server.csr'));
  await writeFile(file('ext'), `subjectAltName=${names.join(',')}\n`);
  await openssl('x509', '-req', '-in', file('server.csr'), '-CA', file('ca.pem'),
    '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', file('ext'),
    '-out', file('server.pem'));
  return { ca: file('ca.pem'), cert: file('server.pem'), key: file('server.key') };
}
