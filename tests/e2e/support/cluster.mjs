// A newsroom on many machines: several `tocsin serve` on one private PostgreSQL, each with a
// folder, a name, ports and a wire to the database of its own, and one recording sink that tells
// them apart.
//
//   const room = await Cluster.create(scope, { readers: 6000 });
//   const id = await room.release(room.webs[0]);
//   const harm = room.harm('kill', room.sends[0]);
//   ...
//   await room.everyoneGot(id, [harm]);
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { inDoubt, judge } from './judge.mjs';
import { PostgresServer } from './postgres_server.mjs';
import { Running, eventually, freePort, isListening } from './process.mjs';
import { SinkRecord } from './record.mjs';
import { TcpProxy } from './tcp_proxy.mjs';
import { Tocsin, binary, cleanEnvironment, httpRequest, parseCsv } from './tocsin.mjs';

const kDatabase = 'news';  // and its owner
const kPerDomain = 2_000;  // readers in one, enough for a partition of its own
const kFew = 400;  // readers of the list "few"
const kSlowSeconds = 120;  // an alert that takes longer than this has got stuck
export const kNodes = { send1: 'send', send2: 'send', send3: 'send', web1: 'web', web2: 'web' };

class Node extends Tocsin {
  get sends() {
    return this.role !== 'web';
  }

  get alive() {
    return Boolean(this.process) && !this.process.end;
  }

  // What the sink calls it.
  get helo() {
    return `${this.name}.nodes.test`;
  }

  async start(env = {}) {
    await this.choosePorts();
    return super.start({ readyPort: this.deskPort, env });
  }

  // {status, text}: what it says of itself; status 0 if it does not answer.
  ready() {
    return httpRequest({ port: this.deskPort, path: '/readyz', timeout: 2_000 })
      .catch((error) => ({ status: 0, text: error.message }));
  }

  whenReady(limitMs = 20_000) {
    return eventually(`${this.name} is ready`, async () => (await this.ready()).status === 200,
      { limitMs });
  }
}

export class Cluster {
  #erased = new Set();
  #seeded = 0;  // readers there were at first

  // A sentence if it cannot be had here. `lease` in seconds; `connections` to the sink, of all
  // nodes together; `settings` of PostgreSQL; `wires`: whether the nodes have theirs, or are
  // connected straight to the database; `perDomain`: readers in one domain.
  static async create(scope, { readers, nodes = kNodes, lease = 3, connections = 24,
    perDomain = kPerDomain, settings, wires = true, env = {} }) {
    const room = new Cluster();
    Object.assign(room, { scope, readers, lease, connections, perDomain, wires });
    room.pg = await PostgresServer.create({ settings: { max_connections: 60, ...settings } });
    if (typeof room.pg === 'string') return room.pg;
    scope.defer(() => room.pg.stop());
    await room.pg.createDatabase(kDatabase);
    room.sinkPort = await freePort();
    room.record = new SinkRecord(path.join(await scope.folder(), 'record'));
    await room.useSink();
    room.env = { TOCSIN_DELIVERY_RELAY: `smtp://127.0.0.1:${room.sinkPort}?tls=none`,
      TOCSIN_DELIVERY_CONNECTIONS_MAX: String(connections),
      TOCSIN_DELIVERY_LEASE_SECONDS: String(lease), ...env };
    room.first = await Tocsin.create(scope, { store: room.urlOf(room.pg.port) });
    room.nodes = [];
    for (const [name, role] of Object.entries(nodes)) await room.#add(name, role);
    await room.nodes[0].start();  // the others find what it has made
    await room.#fill();
    await Promise.all(room.nodes.slice(1).map((node) => node.start()));
    return room;
  }

  get sends() {
    return this.nodes.filter((node) => node.sends);
  }

  get webs() {
    return this.nodes.filter((node) => node.role !== 'send');
  }

  urlOf(port) {
    return `postgresql://${kDatabase}@127.0.0.1:${port}/${kDatabase}`;
  }

  // As on a machine of its own: a copy of the configuration, the secrets and the DKIM key.
  async #add(name, role) {
    const folder = path.join(await this.scope.folder(), name);
    await cp(this.first.folder, folder, { recursive: true });
    const wire = this.wires ? await TcpProxy.start(this.scope, { port: this.pg.port }) : this.pg;
    const node = await Node.at(this.scope, folder, { ...this.env,
      TOCSIN_STORE_URL: this.urlOf(wire.port), TOCSIN_NODE_NAME: name, TOCSIN_NODE_ROLE: role });
    Object.assign(node, { name, role, wire });
    node.env.TOCSIN_DELIVERY_HELO = node.helo;
    this.nodes.push(node);
  }

  // As an import leaves them, but at once.
  async #fill() {
    this.#seeded = this.readers;
    for (const list of ['breaking', 'few']) await this.nodes[0].do('list', 'create', list);
    await this.sql(`INSERT INTO subscriber (address, address_key, domain, smtputf8, subject,
        salt, locale, created_at)
      SELECT a, a, split_part(a, '@', 2), 0, substring(sha256(a::bytea) FROM 1 FOR 16),
        sha256((a || 's')::bytea), 'en', 1
      FROM (SELECT format('reader%s@large%s-readers.net', i, i / ${this.perDomain}) AS a
        FROM generate_series(0, ${this.readers - 1}) AS i) AS x;
      INSERT INTO subscription (subscriber_id, list_id, state, requested_at, confirmed_at)
      SELECT s.id, l.id, 'active', 1, 1
      FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM subscriber) s, list l
      WHERE l.slug = 'breaking' OR s.place <= ${kFew};
      ANALYZE`);
  }

  sql(statement) {
    return this.pg.sql(statement, kDatabase);
  }

  // The address of somebody who is about to be erased; the readers are one fewer.
  takeReader(random) {
    for (;;) {
      const i = random.below(this.#seeded);
      const address = `reader${i}@large${Math.floor(i / this.perDomain)}-readers.net`;
      if (this.#erased.has(address)) continue;
      this.#erased.add(address);
      this.readers -= 1;
      return address;
    }
  }

  // The sink anew, with other faults, on the same port and with the same record.
  useSink(faults) {
    return this.startSink('--record', this.record.file, ...(faults ? ['--faults', faults] : []));
  }

  async startSink(...options) {
    await this.sink?.stop();
    this.sink = new Running(binary, ['sink', '--port', String(this.sinkPort), ...options],
      { env: cleanEnvironment() });
    const begun = this.sink;
    this.scope.defer(() => begun.stop());
    await this.sink.ready(() => isListening(this.sinkPort));
  }

  // Slow enough that everyone takes about so many seconds, however fast the machine is.
  async slowSink(seconds) {
    const answers = 2;  // a message costs: to its envelope, to its end
    const ms = Math.max(1, Math.round(seconds * 1000 * this.connections / this.readers / answers));
    await this.useSink(`delay=1,delay_ms=${ms}`);
  }

  // --- alerts ---

  // Released by the API of the node, to the list "breaking" unless it is said otherwise: its id.
  // `more` of the alert's fields.
  async release(node, more = {}, headers = {}) {
    const answer = await this.tryRelease(node, more, headers);
    assert.equal(answer.status, 201, answer.text);
    return answer.json().id;
  }

  tryRelease(node, more = {}, headers = {}) {
    return node.api('POST', '/api/v1/alerts', { lists: ['breaking'], headline: 'A bridge is closed',
      summary: 'Until further notice.', release: true, ...more }, { headers });
  }

  // Waits until the sink has that part of the alert, and something of it from each of `nodes`.
  async underWay(id, part, nodes = []) {
    await this.record.reaches(id, part * this.readers, { limitMs: kSlowSeconds * 1000 });
    await eventually(`alert ${id} from ${nodes.map((node) => node.name)}`, async () => {
      const senders = await this.sendersOf(id);
      return nodes.every((node) => senders.includes(node));
    }, { everyMs: 10 });
    const taken = (await this.record.of(id)).length;
    assert.ok(taken < this.readers, `alert ${id} ended before anything could happen to it`);
    return taken;
  }

  // The nodes that have handed over anything of the alert.
  async sendersOf(id) {
    const senders = new Set((await this.record.of(id)).map((one) => one.helo));
    return this.sends.filter((node) => senders.has(node.helo));
  }

  // Of the alert, what that node handed over.
  async takenFrom(id, node) {
    return (await this.record.of(id)).filter((one) => one.helo === node.helo);
  }

  #anyAlive() {
    const node = this.nodes.find((one) => one.alive && !one.away);
    assert.ok(node, 'a node is alive');
    return node;
  }

  async status(id, node = this.#anyAlive()) {
    const answer = await node.api('GET', `/api/v1/alerts/${id}`);
    return answer.json();
  }

  ended(id, states = ['finished', 'stopped']) {
    return eventually(`alert ${id} has ended`, async () => {
      const status = await this.status(id);
      return states.includes(status.state) && status.pending === 0 && status;
    }, { limitMs: kSlowSeconds * 1000, everyMs: 50 }).catch(async (error) => {
      throw new Error(`${error.message}\n${await this.partitions(id)}\n${this.logs()}`);
    });
  }

  async partitions(id) {
    const rows = await this.sql(`SELECT partition, state, owner, generation, recipients,
      (lease_until - extract(epoch FROM clock_timestamp()) * 1000)::bigint || ' ms left'
      FROM partition WHERE alert_id = ${id} ORDER BY partition`).catch((error) => [[`${error}`]]);
    return rows.map((row) => row.join(' ')).join('\n');
  }

  logs() {
    return this.nodes.map((node) => `--- ${node.name}\n${node.log().slice(-3_000)}`).join('\n');
  }

  // --- what the test does to it ---

  // An event for the judge, from now until mended().
  harm(what, node) {
    const concerned = node ? 1 : this.sends.length;
    const event = { what, node: node?.helo, from: Date.now(), until: Infinity,
      bound: inDoubt(this.connections) + (concerned - 1) * inDoubt(0) };
    event.mended = () => { event.until = Date.now(); };
    return event;
  }

  // The database is that server from now on.
  movesTo(server) {
    this.pg = server;
    for (const node of this.nodes) node.wire.leadTo({ port: server.port });
  }

  // All nodes run, with whole wires and their own settings, and the sink is fast.
  async mend() {
    await Promise.all(this.nodes.map(async (node) => {
      node.away = false;
      if (node.process && !node.process.end) node.process.child.kill('SIGCONT');
      await node.wire.pass();
      if (!node.alive) await node.start();
      await node.whenReady();
    }));
    await this.useSink();
  }

  // Ends it and starts it, with other settings this time.
  async restart(node, env = {}) {
    await node.process.stop();
    await node.start(env);
  }

  // --- judging ---

  // The ledger against the sink; `ends` says which outcomes a reader may have.
  async judge(id, { events = [], ends = () => ['delivered'], atMostOnce = false,
    recipients = this.readers }) {
    const status = await this.ended(id);
    const node = this.#anyAlive();
    const ledger = parseCsv((await node.api('GET', `/api/v1/alerts/${id}/ledger?format=csv`)).text);
    const verdict = (await node.api('GET', `/api/v1/alerts/${id}/verify`)).json();
    const record = await this.record.of(id);
    const sums = judge({ recipients, events, ends, atMostOnce },
      { status, verdict, ledger, record });
    if (sums.wrong.length > 0) {
      const told = sums.wrong.slice(0, 10).join('\n');
      throw new Error(`alert ${id}: ${sums.wrong.length} wrong\n${told}\n${this.logs()}`);
    }
    return { ...sums, status, ledger, record };
  }

  // Everyone is delivered; what came twice is explained by `events`. Answers the judge's sums.
  everyoneGot(id, events = []) {
    return this.judge(id, { events });
  }

  // The same of an alert to the list "few", with nothing twice.
  async theFewGot(id) {
    const sums = await this.judge(id, { recipients: kFew });
    assert.equal(sums.duplicates, 0, 'copies sent twice');
    return sums;
  }
}
