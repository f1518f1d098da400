// A private PostgreSQL for a whole run: TOCSIN_TEST_STORE=postgresql tests/e2e/run ...
//
// run.mjs starts it and tells the test files its folder by TOCSIN_TEST_POSTGRESQL; each
// installation gets a database of its own there. On a Unix socket, syncing nothing, ended by its
// pid. PostgreSQL refuses to run as root, so root starts it as the user postgres.
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Running, eventually, idsOf, run } from './process.mjs';

const kDebian = '/usr/lib/postgresql';
let databases = 0;

async function programs() {
  const versions = (await readdir(kDebian).catch(() => [])).map(Number).sort((a, b) => b - a);
  return versions.length > 0 ? path.join(kDebian, String(versions[0]), 'bin') : '';
}

// For tests that open or look at the file of SQLite's database.
export const onlySqlite = process.env.TOCSIN_TEST_STORE === 'postgresql'
  ? { skip: 'looks into the file of a SQLite database' } : {};

// {folder, stop()}, or a sentence that says why not.
export async function startPostgresql() {
  const bin = await programs();
  if (!bin) return 'PostgreSQL is not installed';
  const as = process.getuid() === 0 ? await idsOf('postgres') : {};
  const folder = await mkdtemp('/tmp/tocsin-pg-');
  if (as.uid !== undefined) await chown(folder, as.uid, as.gid);
  const data = path.join(folder, 'data');
  const made = await run(path.join(bin, 'initdb'), ['-D', data, '-U', 'tocsin', '-A', 'trust',
    '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8'], { ...as, cwd: folder });
  if (made.code !== 0) return `initdb: ${made.stderr}`;
  const server = new Running(path.join(bin, 'postgres'), ['-D', data, '-k', folder, '-c',
    'listen_addresses=', '-c', 'fsync=off', '-c', 'full_page_writes=off'], { ...as, cwd: folder });
  await server.ready(async () => (await sql(folder, 'SELECT 1')).code === 0, 30_000);
  const stop = async () => {
    server.child.kill('SIGQUIT');
    await server.ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  return { folder, stop };
}

function sql(folder, statement) {
  return run('psql', ['-h', folder, '-U', 'tocsin', '-d', 'postgres', '-qc', statement]);
}

// The [store] url of a new database, if this run is on PostgreSQL; else nothing.
export async function newStoreUrl() {
  const folder = process.env.TOCSIN_TEST_POSTGRESQL;
  if (!folder) return '';
  databases += 1;
  const name = `news_${process.pid}_${databases}`;
  // Two at once may meet over the template.
  await eventually(`database ${name}`, async () => (
    await sql(folder, `CREATE DATABASE ${name}`)).code === 0);
  return `postgresql://tocsin@/${name}?host=${folder}`;
}
