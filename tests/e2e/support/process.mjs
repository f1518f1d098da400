// Programs under test: started, watched and ended by their own process id.
import { spawn } from 'node:child_process';
import net from 'node:net';

export const root = new URL('../../../', import.meta.url).pathname;

export const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Calls `probe` until it answers something true, and answers that; throws after `limitMs`.
export async function eventually(what, probe, { limitMs = 15_000, everyMs = 40 } = {}) {
  const end = Date.now() + limitMs;
  let last;
  for (;;) {
    try {
      const answer = await probe();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const detail = last instanceof Error ? (last.stack ?? last.message) : JSON.stringify(last);
      throw new Error(`not within ${limitMs} ms: ${what}; last: ${detail}`);
    }
    await delay(everyMs);
  }
}

function listenedFor() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const given = new Set(); // by this program: the kernel may offer the same one twice

// A TCP port of the loopback address that nobody listens on at the moment, another each time.
export async function freePort() {
  for (;;) {
    const port = await listenedFor();
    if (!given.has(port)) {
      given.add(port);
      return port;
    }
  }
}

export function isListening(port, address = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = net.connect(port, address);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

// A long-running program. `output()` is all that it has printed so far.
export class Running {
  #text = '';

  constructor(command, args, options = {}) {
    this.name = `${command.split('/').at(-1)} ${args[0] ?? ''}`.trim();
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => { this.#text += text; });
    }
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => { this.#text += String(error); resolve({ code: -1 }); });
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.ended.then((end) => { this.end = end; });
  }

  output() {
    return this.#text;
  }

  // Waits until `probe` is true; a program that ends before that is an error with its output.
  async ready(probe, limitMs = 15_000) {
    await eventually(`${this.name} is ready`, async () => {
      if (this.end) return true;
      return probe();
    }, { limitMs }).catch((error) => {
      throw new Error(`${error.message}\n${this.output()}`);
    });
    if (this.end) {
      const end = JSON.stringify(this.end);
      throw new Error(`${this.name} ended at once (${end}):\n${this.output()}`);
    }
    return this;
  }

  kill(signal) {
    if (!this.end) this.child.kill(signal);
    return this.ended;
  }

  // Asks it to end; after `limitMs` it is killed, which is an error.
  async stop(signal = 'SIGTERM', limitMs = 15_000) {
    if (this.end) return this.end;
    this.child.kill(signal);
    let timer;
    const late = new Promise((resolve) => { timer = setTimeout(resolve, limitMs, 'late'); });
    const first = await Promise.race([this.ended, late]);
    clearTimeout(timer);
    if (first !== 'late') return first;
    this.child.kill('SIGKILL');
    await this.ended;
    throw new Error(`${this.name}: ${limitMs} ms after ${signal} still there:\n${this.output()}`);
  }
}

// Runs a program to its end: {code, stdout, stderr}. Never throws for its exit code.
export function run(command, args, { input = '', limitMs = 60_000, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe', ...options });
    let stdout = '';
    let stderr = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      const what = `${command} ${args.join(' ')}`;
      reject(new Error(`not within ${limitMs} ms: ${what}\n${stdout}${stderr}`));
    }, limitMs);
    child.stdout.setEncoding('utf8').on('data', (text) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
    child.once('error', (error) => { clearTimeout(timer); reject(error); });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
    child.stdin.on('error', () => {});  // it may end without reading all of it
    child.stdin.end(input);
  });
}

// The user and group ids of an account: {uid, gid}.
export async function idsOf(user) {
  const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}
