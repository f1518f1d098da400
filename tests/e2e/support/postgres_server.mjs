// One PostgreSQL server of a test's own: started, broken, copied and promoted as its scenario says.
//
// It listens on a TCP port of its own and on a Unix socket in its folder, is ended by its pid, and
// runs as the user postgres where the tests are root, since it refuses that. Synced to the disk or
// not (`settings`), what was committed survives a kill: the machine goes on.
import { chown, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Running, eventually, freePort, idsOf, run } from './process.mjs';

const kDebian = '/usr/lib/postgresql';
// Fast, and as safe as a test needs that never turns the machine off.
const kSettings = { fsync: 'off', full_page_writes: 'off' };

async function programs() {
  const versions = (await readdir(kDebian).catch(() => [])).map(Number).sort((a, b) => b - a);
  return versions.length > 0 ? path.join(kDebian, String(versions[0]), 'bin') : '';
}

// The processes that `pid` started and that live.
async function childrenOf(pid) {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(all.map(async (name) => {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  }));
  return all.filter((_, i) => parents[i] === pid).map(Number);
}

export class PostgresServer {
  // A new server, running: or a sentence that says why there is none.
  static async create({ settings = {} } = {}) {
    const bin = await programs();
    if (!bin) return 'PostgreSQL is not installed';
    const server = await PostgresServer.#empty(bin, { ...kSettings, ...settings });
    const made = await server.#program('initdb', ['-D', server.data, '-U', 'tocsin', '-A', 'trust',
      '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8']);
    if (made.code !== 0) return `initdb: ${made.stderr}`;
    await server.start();
    return server;
  }

  static async #empty(bin, settings) {
    const server = new PostgresServer();
    server.bin = bin;
    server.settings = settings;
    server.as = process.getuid() === 0 ? await idsOf('postgres') : {};
    server.folder = await mkdtemp('/tmp/tocsin-pg-');
    if (server.as.uid !== undefined) await chown(server.folder, server.as.uid, server.as.gid);
    server.data = path.join(server.folder, 'data');
    server.port = await freePort();
    return server;
  }

  #program(name, args, limitMs = 60_000) {
    return run(path.join(this.bin, name), args, { ...this.as, cwd: this.folder, limitMs });
  }

  async start() {
    const settings = { ...this.settings, listen_addresses: '127.0.0.1', port: this.port };
    const options = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    this.process = new Running(path.join(this.bin, 'postgres'),
      ['-D', this.data, '-k', this.folder, ...options], { ...this.as, cwd: this.folder });
    await this.process.ready(async () => (await this.#psql('postgres', 'SELECT 1')).code === 0,
      60_000);
  }

  get pid() {
    return this.process.child.pid;
  }

  // The processes of the server, the first of them the postmaster.
  async pids() {
    return [this.pid, ...await childrenOf(this.pid)];
  }

  #psql(database, statement) {
    return run('psql', ['-h', this.folder, '-p', String(this.port), '-U', 'tocsin', '-d', database,
      '-v', 'ON_ERROR_STOP=1', '-AtqF', '\t', '-c', statement], { limitMs: 300_000 });
  }

  // Rows of text cells, as the administrator.
  async sql(statement, database = 'postgres') {
    const done = await this.#psql(database, statement);
    if (done.code !== 0) throw new Error(`${statement}: ${done.stderr}\n${this.log()}`);
    return done.stdout.split('\n').slice(0, -1).map((line) => line.split('\t'));
  }

  // A database that belongs to a user of its own, who may do nothing else here.
  async createDatabase(name) {
    await this.sql(`CREATE ROLE ${name} LOGIN`);
    await this.sql(`CREATE DATABASE ${name} OWNER ${name}`);
  }

  log() {
    return this.process.output();
  }

  // As `pg_ctl -m immediate restart`: every session is cut, the log is replayed.
  async restartImmediately() {
    this.process.child.kill('SIGQUIT');
    await this.process.ended;
    await this.start();
  }

  // As if the machine were gone: kill -9 of all its processes.
  async kill() {
    const pids = await this.pids();
    this.process.child.kill('SIGSTOP');  // it must not tidy up after the others
    for (const pid of pids.reverse()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
    await this.process.ended;
  }

  // A streaming copy that takes over with promote(). From now on every commit here waits until the
  // copy has it: what was acknowledged is on both.
  async standby() {
    const copy = await PostgresServer.#empty(this.bin, this.settings);
    const from = `host=${this.folder} port=${this.port} user=tocsin application_name=standby`;
    const made = await copy.#program('pg_basebackup',
      ['-D', copy.data, '-d', from, '-R', '-X', 'stream', '-c', 'fast', '--no-sync']);
    if (made.code !== 0) throw new Error(`pg_basebackup: ${made.stderr}`);
    await copy.start();
    await this.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
    await this.sql('SELECT pg_reload_conf()');
    await eventually('the standby is synchronous', async () => {
      const [row] = await this.sql('SELECT sync_state FROM pg_stat_replication');
      return row?.[0] === 'sync';
    });
    return copy;
  }

  async promote() {
    await this.sql('SELECT pg_promote()');
    // Whoever finds the old server still alive must not be answered by it.
    await eventually('it takes writes', async () =>
      (await this.sql('SELECT pg_is_in_recovery()'))[0][0] === 'f');
  }

  async stop() {
    if (!this.process.end) this.process.child.kill('SIGQUIT');
    await this.process.ended;
    if (process.env.KEEP) await writeFile(path.join(this.folder, 'log'), this.log());
    else await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
