// A private DNS server: unbound on a high port of 127.0.0.1 that knows exactly what a test tells
// it. Every other name does not exist (NXDOMAIN), with a negative TTL of a minute.
import { writeFile } from 'node:fs/promises';
import dgram from 'node:dgram';
import path from 'node:path';
import { Running, eventually, freePort } from './process.mjs';

// One A question over UDP: the answer's RCODE, or null if none came.
function rcodeOf(port, name) {
  const labels = name.split('.').filter(Boolean)
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const question = Buffer.concat([Buffer.from([7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels,
    Buffer.from([0, 0, 1, 0, 1])]);
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    const end = (value) => { clearTimeout(timer); socket.close(); resolve(value); };
    const timer = setTimeout(end, 500, null);
    socket.once('message', (answer) => end(answer[3] & 15)).once('error', () => end(null));
    socket.send(question, port, '127.0.0.1');
  });
}

function configOf(folder, port, { records, refused = [], silent = [] }) {
  const zones = [
    ...records.map((record) => `  local-data: '${record}'`),
    ...refused.map((zone) => `  local-zone: "${zone}" always_refuse`),
    ...silent.map((zone) => `  local-zone: "${zone}" always_deny`),
  ];
  return `server:
  interface: 127.0.0.1
  port: ${port}
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: "${folder}/pid"
  use-syslog: no
  do-daemonize: no
  module-config: "iterator"
  num-threads: 1
  local-zone: "." static
  local-data: ". 60 IN SOA ns.root. host.root. 1 60 60 60 60"
${zones.join('\n')}
remote-control:
  control-enable: no
`;
}

// `zone`: {records: ['a.net. 60 IN MX 10 mx.a.net.'], refused: ['b.net'] (asking there comes to
// SERVFAIL), silent: ['c.net'] (no answer at all)}. Answers {server, change(zone)}: `server` as
// `[delivery] dns` takes it; change() replaces what it knows.
export async function startDns(scope, zone) {
  const folder = await scope.folder();
  const file = path.join(folder, 'unbound.conf');
  const port = await freePort();
  let version = 0;
  const write = (now) => {
    version += 1;
    const records = [...now.records, `version-${version}.known. 60 IN A 127.0.0.1`];
    return writeFile(file, configOf(folder, port, { ...now, records }));
  };
  const known = async () => await rcodeOf(port, `version-${version}.known`) === 0;
  await write(zone);
  const unbound = new Running('unbound', ['-d', '-c', file]);
  scope.defer(() => unbound.stop());
  await unbound.ready(known);
  return {
    server: `127.0.0.1@${port}`,
    async change(now) {
      await write(now);
      unbound.child.kill('SIGHUP');
      await eventually('unbound has read its file again', known);
    },
  };
}
