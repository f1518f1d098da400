// The machine that is measured: its cores, its processes, programs tied to a core.
import { availableParallelism, cpus, release } from 'node:os';
import { readFile, writeFile } from 'node:fs/promises';
import { Running, freePort, isListening, run } from '../../tests/e2e/support/process.mjs';
import { binary, cleanEnvironment } from '../../tests/e2e/support/tocsin.mjs';

export const cores = availableParallelism();

// One core for what is measured and another for what it is measured against; null where there is
// only one.
export const measuredCore = '0';
export const otherCore = cores > 1 ? '1' : null;

export async function description() {
  const version = (await run(binary, ['--version'])).stdout.trim();
  const model = cpus()[0]?.model.trim() || 'unknown processor';
  const load = (await readFile('/proc/loadavg', 'utf8')).split(' ')[0];
  return `${version}, ${cores} cores, ${model}, Linux ${release()}, load ${load} at the start`;
}

// The command tied to a core; as it is where `core` is null.
export function tied(core, command, args) {
  return core === null ? [command, args] : ['taskset', ['-c', core, command, ...args]];
}

// Runs to the end and must succeed: {stdout, stderr, seconds, cpu_seconds}.
export async function timed(core, command, args, { limitMs = 600_000, ...options } = {}) {
  const before = await childrenCpu();
  const begin = performance.now();
  const [program, words] = tied(core, command, args);
  const end = await run(program, words, { limitMs, env: cleanEnvironment(), ...options });
  const seconds = (performance.now() - begin) / 1000;
  if (end.code !== 0) {
    throw new Error(`${command} ${args.join(' ')}: exit ${end.code}: ${end.stderr}`);
  }
  return { ...end, seconds, cpu_seconds: (await childrenCpu()) - before };
}

// Clock ticks are 1/100 s on every Linux.
async function statOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

// CPU seconds of a process so far.
export async function cpuOf(pid) {
  const fields = await statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

// CPU seconds of all that ran as a child of this process and has ended.
async function childrenCpu() {
  const fields = await statOf('self');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

// The largest resident size, in bytes, since it began or was reset.
export async function peakMemory(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)[1]) * 1024;
}

export const resetPeakMemory = (pid) => writeFile(`/proc/${pid}/clear_refs`, '5');

// `tocsin sink`, tied to a core: {port, pid, stop()}.
export async function startFastSink(core, port) {
  const chosen = port ?? await freePort();
  const [program, words] = tied(core, binary, ['sink', '--port', String(chosen)]);
  return started(program, words, chosen);
}

// Postfix's smtp-sink, tied to a core. It does not run as root.
export async function startSmtpSink(core) {
  const port = await freePort();
  const user = process.getuid() === 0 ? ['-u', 'nobody'] : [];
  const [program, words] = tied(core, await find('smtp-sink'),
    [...user, `127.0.0.1:${port}`, '1000']);
  return started(program, words, port);
}

async function started(program, words, port) {
  const running = new Running(program, words, { env: cleanEnvironment() });
  await running.ready(() => isListening(port));
  return { port, pid: running.child.pid, stop: () => running.stop() };
}

// Postfix keeps its test programs in sbin.
export async function find(name) {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/lib/postfix/sbin` };
  const found = await run('sh', ['-c', `command -v ${name}`], { env });
  if (found.code !== 0) throw new Error(`${name} is not installed (Debian: postfix)`);
  return found.stdout.trim();
}

// `tocsin bench ...` tied to a core: its JSON.
export async function tocsinBench(core, ...args) {
  const { stdout } = await timed(core, binary, ['bench', ...args.map(String), '--json']);
  return JSON.parse(stdout);
}
