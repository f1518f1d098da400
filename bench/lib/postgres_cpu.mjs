// CPU seconds of a PostgreSQL server: of those of its processes that live, and of those that have
// ended, which the postmaster has waited for.
import { readFile } from 'node:fs/promises';

async function times(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (!text) return [0, 0];  // it ended just now
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').slice(11, 15).map(Number);
  return [(fields[0] + fields[1]) / 100, (fields[2] + fields[3]) / 100];
}

// `pids`: the postmaster first.
export async function postgresCpu(pids) {
  const all = await Promise.all(pids.map(times));
  return all.reduce((sum, [own]) => sum + own, 0) + all[0][1];
}
