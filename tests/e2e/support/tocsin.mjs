// Tocsin under test: the release binary with a configuration, database and keys of its own.
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { newStoreUrl } from './postgresql.mjs';
import { Running, eventually, freePort, isListening, root, run } from './process.mjs';

export const binary = process.env.TOCSIN_BINARY ?? `${root}build/release/tocsin`;

// The environment without settings that would reach into a test.
export function cleanEnvironment(extra = {}) {
  const kept = Object.entries(process.env).filter(([key]) => !key.startsWith('TOCSIN_'));
  return { ...Object.fromEntries(kept), ...extra };
}

// `tocsin ARGS`, to its end: {code, stdout, stderr}.
export function tocsin(args, options = {}) {
  return run(binary, args, { ...options, env: cleanEnvironment(options.env) });
}

// One HTTP exchange: {status, headers, text, json()}. No redirect is followed.
export function httpRequest(options, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', agent: false, timeout: 30_000, ...options,
    }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part)).on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const { statusCode: status, headers } = response;
        resolve({ status, headers, text, json: () => JSON.parse(text) });
      });
    });
    request.on('error', reject).on('timeout', () => request.destroy(new Error('HTTP timeout')));
    request.end(body);
  });
}

const formType = 'application/x-www-form-urlencoded';

export class Tocsin {
  // What runs in `folder`, on ports of its own. `env` are settings, as TOCSIN_SECTION_KEY.
  static async at(scope, folder, env = {}) {
    const service = new this();
    service.scope = scope;
    service.folder = folder;
    // Invented domains are not in the DNS that this machine may have.
    service.env = { TOCSIN_CONFIG: path.join(folder, 'tocsin.toml'),
      TOCSIN_SIGNUP_CHECK_DOMAINS: 'false', ...env };
    await service.choosePorts();
    return service;
  }

  // `tocsin init` in a new folder of `scope`; `store`: the database's URL, one of this run's if
  // there is none.
  static async create(scope, { relay, env = {}, name = 'The Harbour Post', store,
    from = 'alerts@harbourpost.net' } = {}) {
    const folder = path.join(await scope.folder(), 'news');
    const service = await this.at(scope, folder,
      { ...(relay ? { TOCSIN_DELIVERY_RELAY: relay } : {}) });
    Object.assign(service.env, env);
    const url = store ?? await newStoreUrl();
    const made = await tocsin(['init', '--dir', folder, '--name', name, '--from', from,
      '--public-url', service.url, ...(url ? ['--store', url] : [])]);
    if (made.code !== 0) throw new Error(`init: ${made.stdout}${made.stderr}`);
    service.initOutput = made.stdout;
    return service;
  }

  async choosePorts() {
    this.port = await freePort();
    this.deskPort = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    this.deskUrl = `http://127.0.0.1:${this.deskPort}`;
    Object.assign(this.env, {
      TOCSIN_HTTP_LISTEN: `127.0.0.1:${this.port}`,
      TOCSIN_HTTP_DESK_LISTEN: `127.0.0.1:${this.deskPort}`,
      TOCSIN_SITE_DESK_URL: this.deskUrl,
    });
  }

  // Starts `tocsin serve` and waits until it is ready. A node that only sends has no public pages.
  // `env`: more settings, this time.
  async start({ readyPort = this.port, env = {} } = {}) {
    this.process = new Running(binary, ['serve'],
      { env: cleanEnvironment({ ...this.env, ...env }) });
    const begun = this.process;
    this.scope.defer(() => begun.stop());
    const ready = () => httpRequest({ port: readyPort, path: '/readyz' });
    await this.process.ready(async () => (await ready()).status === 200, 20_000);
    return this;
  }

  async stop() {
    const end = await this.process.stop();
    if (end.code !== 0) throw new Error(`serve ended with ${JSON.stringify(end)}:\n${this.log()}`);
  }

  log() {
    return this.process?.output() ?? '';
  }

  cli(...args) {
    return tocsin(args, { env: this.env });
  }

  // A command that must succeed: what it printed, with --json as a value.
  async do(...args) {
    const done = await this.cli(...args);
    if (done.code !== 0) {
      throw new Error(`tocsin ${args.join(' ')}: exit ${done.code}: ${done.stderr}\n${this.log()}`);
    }
    return args.includes('--json') ? JSON.parse(done.stdout) : done.stdout;
  }

  get(where, headers = {}) {
    return httpRequest({ port: this.port, path: this.#path(where), headers });
  }

  // Posts a form as a browser without scripts does.
  post(where, fields = {}, headers = {}) {
    const body = typeof fields === 'string' ? fields : new URLSearchParams(fields).toString();
    return httpRequest({ port: this.port, path: this.#path(where), method: 'POST',
      headers: { 'content-type': formType, 'content-length': Buffer.byteLength(body), ...headers },
    }, body);
  }

  // The JSON API: with a bearer token on the desk's listener, without one on the control socket.
  api(method, where, value, { token, headers = {} } = {}) {
    const body = value === undefined ? undefined
      : typeof value === 'string' ? value : JSON.stringify(value);
    const place = token ? { port: this.deskPort } : { socketPath: this.socket() };
    return httpRequest({ ...place, method, path: where, headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...headers } }, body);
  }

  socket() {
    return path.join(this.folder, 'tocsin.sock');
  }

  #path(where) {
    return where.startsWith('http') ? where.slice(where.indexOf('/', 8)) : where;
  }

  status(id) {
    return this.do('alert', 'status', String(id), '--json');
  }

  // Waits until the alert has no recipient left without an outcome.
  finished(id, limitMs = 60_000) {
    return eventually(`alert ${id} is finished`, async () => {
      const status = await this.status(id);
      return status.state === 'finished' && status;
    }, { limitMs, everyMs: 100 });
  }

  readConfig() {
    return readFile(this.env.TOCSIN_CONFIG, 'utf8');
  }
}

// The rows of a CSV text as objects by its first row. Quotes as RFC 4180 says.
export function parseCsv(text) {
  const rows = [];
  let row = [''];
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (quoted) {
      if (char === '"' && text[i + 1] === '"') { row[row.length - 1] += '"'; i += 1; }
      else if (char === '"') quoted = false;
      else row[row.length - 1] += char;
    } else if (char === '"') quoted = true;
    else if (char === ',') row.push('');
    else if (char === '\n') { rows.push(row); row = ['']; }
    else if (char !== '\r') row[row.length - 1] += char;
  }
  const [names, ...rest] = rows;
  return rest.map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i]])));
}

// `tocsin sink` with the options: {port}.
export async function startSink(scope, ...options) {
  const port = await freePort();
  const running = new Running(binary, ['sink', '--port', String(port), ...options],
    { env: cleanEnvironment() });
  scope.defer(() => running.stop());
  await running.ready(() => isListening(port));
  return { port, running };
}

// One line of a recording sink: what it accepted, from whom; times in ms. `answer` is "cut" where
// it closed the connection without an answer and "late" where it came too late, so that the sender
// had to send again. `helo` is what the sender called itself.
export function parseRecordLine(line) {
  const [at, address, messageId, hash, , answer, connection, since, helo] = line.split('\t');
  return { at: Number(at), address, messageId: messageId.replace(/[<>]/g, ''), hash, answer,
    connection, since: Number(since), helo };
}

// What a recording sink accepted, in order.
export async function readRecord(file) {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1).map(parseRecordLine);
}
