// The record of a sink, followed while it grows: each line is read and parsed once.
import { open } from 'node:fs/promises';
import { delay } from './process.mjs';
import { parseRecordLine } from './tocsin.mjs';

const kReadBytes = 1 << 20;

export class SinkRecord {
  #offset = 0;
  #rest = '';
  #byAlert = new Map();  // alert's id: its lines, in order
  #reading = Promise.resolve();

  constructor(file) {
    this.file = file;
  }

  // Lines of the alert so far. Those who ask at once take turns.
  async of(alert) {
    this.#reading = this.#reading.then(() => this.#read());
    await this.#reading;
    return this.#byAlert.get(String(alert)) ?? [];
  }

  async #read() {
    const handle = await open(this.file, 'r').catch(() => null);
    if (!handle) return;
    try {
      const buffer = Buffer.alloc(kReadBytes);
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, kReadBytes, this.#offset);
        if (bytesRead === 0) return;
        this.#offset += bytesRead;
        this.#take(buffer.toString('latin1', 0, bytesRead));
      }
    } finally {
      await handle.close();
    }
  }

  #take(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop();
    for (const line of lines) {
      const one = parseRecordLine(line);
      const alert = one.messageId.slice(0, one.messageId.indexOf('.'));
      if (!this.#byAlert.has(alert)) this.#byAlert.set(alert, []);
      this.#byAlert.get(alert).push(one);
    }
  }

  // Waits until the sink has taken so many of the alert.
  async reaches(alert, count, { limitMs = 60_000 } = {}) {
    const end = Date.now() + limitMs;
    for (;;) {
      const lines = await this.of(alert);
      if (lines.length >= count) return lines;
      if (Date.now() > end) {
        throw new Error(`${lines.length} of alert ${alert} after ${limitMs} ms, not ${count}`);
      }
      await delay(10);
    }
  }
}
