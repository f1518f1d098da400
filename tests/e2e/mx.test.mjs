// Straight to the recipients' mail servers: a real DNS server, several real Postfixes at addresses
// of their own as different providers, and every way in which a domain says where its mail goes.
import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { domainToASCII } from 'node:url';
import { after, before, test } from 'node:test';
import { certificateAuthority } from './support/ca.mjs';
import { startDns } from './support/dns.mjs';
import { startExchanger } from './support/postfix.mjs';
import { eventually, freePort } from './support/process.mjs';
import { Scope } from './support/scope.mjs';
import { Tocsin, parseCsv } from './support/tocsin.mjs';

const scope = new Scope();
const kIdn = 'bücherleser.net';
const kAddresses = {
  'mx1.provider-one.net': '127.0.0.11',
  'mx2.provider-one.net': '127.0.0.12',
  'gone.provider-two.net': '127.0.0.19',  // nobody is there
  'mx.secure-mail.net': '127.0.0.13',
  'small-paper.net': '127.0.0.12',        // no MX
};
const kExchangers = {  // domain: [preference, host]
  'alpha-readers.net': [[10, 'mx1.provider-one.net'], [20, 'mx2.provider-one.net']],
  'beta-readers.net': [[5, 'MX1.Provider-One.net'], [7, 'mx2.provider-one.net']],
  'gamma-readers.net': [[10, 'gone.provider-two.net'], [20, 'mx2.provider-one.net']],
  'equal-readers.net': [[10, 'mx1.provider-one.net'], [10, 'mx2.provider-one.net']],
  'null-readers.net': [[0, '']],
  'number-readers.net': [[10, '127.0.0.11']],
  'lost-readers.net': [[10, 'no-such-host.provider-two.net']],
  'secure-readers.net': [[10, 'mx.secure-mail.net']],
  'strict-readers.net': [[10, 'mx1.provider-one.net']],
  'six-readers.net': [[10, 'mx6.provider-one.net']],
  [domainToASCII(kIdn)]: [[10, 'mx1.provider-one.net']],
};
const kRules = `
[default]
connections = 1

[[site]]
name = "Strict"
domains = ["strict-readers.net"]
tls = "required"

[[site]]
name = "Secure"
domains = ["secure-readers.net"]
tls = "required"
`;

let hasIpv6;
let dns;
let one;     // mx1.provider-one.net, without TLS
let two;     // mx2.provider-one.net, with TLS, certificate for another name
let secure;  // mx.secure-mail.net, with a certificate that verifies
let six;     // at ::1
let news;
let lists = 0;

function canListen(address) {
  return new Promise((resolve) => {
    const server = net.createServer().once('error', () => resolve(false));
    server.listen(0, address, () => server.close(() => resolve(true)));
  });
}

function zone() {
  return {
    records: [
      ...Object.entries(kAddresses).map(([host, address]) => `${host}. 60 IN A ${address}`),
      'mx6.provider-one.net. 60 IN AAAA ::1',
      'empty-readers.net. 60 IN TXT "neither MX nor address"',
      ...Object.entries(kExchangers).flatMap(([domain, servers]) => servers
        .map(([preference, host]) => `${domain}. 60 IN MX ${preference} ${host}.`)),
    ],
    refused: ['broken-readers.net'],
  };
}

async function writeRules(text) {
  const file = path.join(news.folder, 'shaping.toml');
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

// Releases an alert to a list of these addresses; answers its id.
async function release(...addresses) {
  lists += 1;
  const list = `list-${lists}`;
  await news.do('list', 'create', list, '--name', `List ${lists}`);
  const file = path.join(news.folder, `${list}.csv`);
  await writeFile(file, ['email', ...addresses, ''].join('\n'));
  await news.do('import', file, '--list', list, '--consent-source', 'a test');
  const sent = await news.do('alert', 'send', '--list', list, '--headline', `News ${lists}`,
    '--summary', 'Short.', '--url', 'https://paper.example/news', '--json');
  assert.equal(sent.audience ?? addresses.length, addresses.length);
  return sent.id;
}

// {address: its row of the ledger}.
async function rowsOf(id) {
  const rows = parseCsv(await news.do('alert', 'ledger', String(id)));
  return Object.fromEntries(rows.map((row) => [row.address, row]));
}

async function ends(...addresses) {
  const id = await release(...addresses);
  await news.finished(id);
  return rowsOf(id);
}

before(async () => {
  hasIpv6 = await canListen('::1');
  const port = await freePort();
  const wrongName = await certificateAuthority(await scope.folder(), 'wrong');
  const rightName = await certificateAuthority(await scope.folder(), 'right',
    ['DNS:mx.secure-mail.net']);
  const at = (host, tls) => startExchanger(scope, { host, address: kAddresses[host], port, tls });
  one = await at('mx1.provider-one.net');
  two = await at('mx2.provider-one.net', wrongName);
  secure = await at('mx.secure-mail.net', rightName);
  if (hasIpv6) {
    six = await startExchanger(scope, { host: 'mx6.provider-one.net', address: '::1', port });
  }
  dns = await startDns(scope, zone());
  news = await Tocsin.create(scope, { relay: 'mx', env: {
    TOCSIN_DELIVERY_DNS: dns.server,
    TOCSIN_DELIVERY_MX_PORT: String(port),
    TOCSIN_DELIVERY_MX_PRIVATE_ADDRESSES: 'allow',
    TOCSIN_DELIVERY_RULES: 'shaping.toml',
    TOCSIN_SIGNUP_CHECK_DOMAINS: 'true',
    SSL_CERT_FILE: rightName.ca,
  } });
  await writeRules(kRules);
  await news.start();
});
after(() => scope.close());

test('the server of the best preference takes the mail, in clear where it offers no TLS; domains '
  + 'with the same servers are one site', async () => {
  const readers = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
    .flatMap((name) => [`${name}@alpha-readers.net`, `${name}@beta-readers.net`]);
  const before = await one.connections();
  const rows = await ends(...readers);
  for (const address of readers) {
    assert.equal(rows[address].outcome, 'delivered', JSON.stringify(rows[address]));
  }
  await eventually('all are at the first server', async () =>
    (await one.received()).sort().join() === readers.sort().join());
  assert.deepEqual(await two.received(), []);
  // The default is one connection a site here.
  assert.equal(await one.connections(), before + 1);
});

test('where the best does not answer the next one does, by TLS whatever its certificate',
  async () => {
    const rows = await ends('carl@gamma-readers.net');
    assert.equal(rows['carl@gamma-readers.net'].outcome, 'delivered');
    await eventually('it is there', async () => (await two.received())
      .includes('carl@gamma-readers.net'));
    assert.match(await two.log(), /TLS connection established from/);
  });

test('of equal ones any may take it', async () => {
  const address = 'dora@equal-readers.net';
  assert.equal((await ends(address))[address].outcome, 'delivered');
  await eventually('it is at one of them', async () => (await one.received()).includes(address)
    !== (await two.received()).includes(address));
});

test('a domain without MX is its own mail server', async () => {
  const address = 'emil@small-paper.net';
  assert.equal((await ends(address))[address].outcome, 'delivered');
  await eventually('it is there', async () => (await two.received()).includes(address));
});

test('an international domain is asked for by its A-label', async () => {
  const address = `frida@${domainToASCII(kIdn)}`;
  const rows = await ends(`frida@${kIdn}`);
  assert.equal(rows[address].outcome, 'delivered', JSON.stringify(rows));
  await eventually('it is there', async () => (await one.received()).includes(address));
});

test('by IPv6', async (t) => {
  if (!hasIpv6) return t.skip('this machine has no ::1');
  const address = 'gina@six-readers.net';
  assert.equal((await ends(address))[address].outcome, 'delivered');
  await eventually('it is there', async () => (await six.received()).includes(address));
});

test('domains that take no mail fail at once, each with its reason', async () => {
  const reasons = {
    'a@null-readers.net': /5\.1\.10 .*null MX/,
    'a@nowhere-readers.net': /5\.1\.2 .*no such domain/,
    'a@empty-readers.net': /5\.4\.4 .*neither a mail server nor an address/,
    'a@number-readers.net': /5\.4\.4 .*name no host/,
    'a@lost-readers.net': /5\.4\.4 .*no-such-host\.provider-two\.net has no address/,
  };
  const rows = await ends(...Object.keys(reasons));
  for (const [address, reason] of Object.entries(reasons)) {
    assert.equal(rows[address].outcome, 'failed', JSON.stringify(rows[address]));
    assert.match(rows[address].reply, reason);
  }
});

// What the DNS says in time refuses an address like a slip of the pen; said later, it is known to
// the next who types it.
test('the sign-up box refuses domains that no mail can reach, and no others', async () => {
  await news.do('list', 'create', 'box', '--name', 'Box');
  const signUp = async (email) => (await news.post('/lists/box/signup', { email })).status;
  for (const domain of ['null-readers.net', 'no-such-readers.net', 'empty-readers.net']) {
    let asked = 0;
    await eventually(`${domain} is refused`, async () => {
      asked += 1;
      return await signUp(`reader-${asked}@${domain}`) === 422;
    }, { everyMs: 200 });
  }
  for (const domain of ['alpha-readers.net', 'small-paper.net', 'broken-readers.net']) {
    for (const name of ['ann', 'ben']) {
      assert.equal(await signUp(`${name}@${domain}`), 200, domain);
    }
  }
});

test('where the DNS fails the mail waits, and holds up nobody', async () => {
  const id = await release('hanna@broken-readers.net', 'ann@alpha-readers.net');
  const status = await eventually('one is delivered, one waits', async () => {
    const now = await news.status(id);
    return now.delivered === 1 && now.deferred + now.pending === 1 && now;
  });
  assert.equal(status.state, 'released', JSON.stringify(status));
  await news.do('alert', 'stop', String(id));
  await eventually('the one that waited has its end', async () => (await news.status(id))
    .expired === 1);
  const rows = await rowsOf(id);
  assert.equal(rows['ann@alpha-readers.net'].outcome, 'delivered');
  assert.equal(rows['hanna@broken-readers.net'].outcome, 'expired');
});

test('where TLS is required the certificate must be for the MX host, and is', async () => {
  const address = 'ines@secure-readers.net';
  assert.equal((await ends(address))[address].outcome, 'delivered');
  await eventually('it is there', async () => (await secure.received()).includes(address));
  assert.match(await secure.log(), /TLS connection established from/);
});

test('where TLS is required and not offered the mail stays and the reason is said; when the rule '
  + 'changes it goes', async () => {
  const address = 'jan@strict-readers.net';
  const id = await release(address);
  await eventually('the route says why', async () =>
    /TLS is required/.test(JSON.stringify(await news.do('routes', '--json'))));
  const status = await news.status(id);
  assert.equal(status.pending + status.deferred, 1, JSON.stringify(status));
  assert.ok(!(await one.received()).includes(address));
  await writeRules('');
  await news.finished(id);
  const rows = await rowsOf(id);
  assert.equal(rows[address].outcome, 'delivered');
  await eventually('it is there', async () => (await one.received()).includes(address));
});

test('addresses that are not of the internet are refused, unless allowed', async () => {
  await news.stop();
  delete news.env.TOCSIN_DELIVERY_MX_PRIVATE_ADDRESSES;
  await news.start();
  const address = 'ann@alpha-readers.net';
  const before = (await one.received()).length;
  const rows = await ends(address);
  assert.equal(rows[address].outcome, 'failed', JSON.stringify(rows));
  assert.match(rows[address].reply, /5\.4\.4 .*127\.0\.0\.1[12], which is no address/);
  assert.equal((await one.received()).length, before);
});
