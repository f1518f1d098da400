// A private PostgreSQL for a whole run: TOCSIN_TEST_STORE=postgresql tests/e2e/run ...
//
// run.mjs starts it and tells the test files where it is by TOCSIN_TEST_POSTGRESQL; each
// installation gets a database of its own there.
import { PostgresServer } from './postgres_server.mjs';
import { eventually, run } from './process.mjs';

let databases = 0;

// For tests that open or look at the file of SQLite's database.
export const onlySqlite = process.env.TOCSIN_TEST_STORE === 'postgresql'
  ? { skip: 'looks into the file of a SQLite database' } : {};

// {place, stop()}, or a sentence that says why not.
export async function startPostgresql() {
  const server = await PostgresServer.create();
  if (typeof server === 'string') return server;
  return { place: `${server.folder}:${server.port}`, stop: () => server.stop() };
}

// The [store] url of a new database, if this run is on PostgreSQL; else nothing.
export async function newStoreUrl() {
  const place = process.env.TOCSIN_TEST_POSTGRESQL;
  if (!place) return '';
  const [folder, port] = place.split(':');
  databases += 1;
  const name = `news_${process.pid}_${databases}`;
  // Two at once may meet over the template.
  await eventually(`database ${name}`, async () => (await run('psql', ['-h', folder, '-p', port,
    '-U', 'tocsin', '-d', 'postgres', '-qc', `CREATE DATABASE ${name}`])).code === 0);
  return `postgresql://tocsin@/${name}?host=${folder}&port=${port}`;
}
