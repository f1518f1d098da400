// What a test starts or creates, undone in reverse order at its end, whatever happened.
//
//   const scope = new Scope();
//   after(() => scope.close());
//   const folder = await scope.folder();
import { mkdtemp, chmod, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

export class Scope {
  #undo = [];

  defer(undo) {
    this.#undo.push(undo);
  }

  // A temporary folder, removed at the end. Other users may enter it: Postfix and Dovecot drop
  // root. The name is short, since a Unix socket's path has at most 107 bytes.
  async folder() {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'tocsin-'));
    await chmod(folder, 0o755);
    if (process.env.KEEP) {
      console.error(`kept: ${folder}`);
    } else {
      this.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    }
    return folder;
  }

  async close() {
    const failures = [];
    while (this.#undo.length > 0) {
      try {
        await this.#undo.pop()();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'could not undo everything');
  }
}
