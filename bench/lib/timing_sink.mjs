// An SMTP sink that knows when what came: for questions that the fast sink cannot answer. It speaks
// PIPELINING and CHUNKING, skips bodies by their length, and keeps no message.
import net from 'node:net';

const kGreeting = '220 bench ESMTP\r\n';
const kHello = '250-bench\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n';
const kEndOfData = Buffer.from('\r\n.\r\n');

class Connection {
  #sink; #socket; #rest = Buffer.alloc(0); #skip = 0; #inData = false; #recipient = '';

  constructor(sink, socket) {
    this.#sink = sink;
    this.#socket = socket;
    socket.setNoDelay(true).on('error', () => {}).on('data', (bytes) => this.#take(bytes));
    socket.write(kGreeting);
  }

  #take(bytes) {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    let answers = '';
    for (;;) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, data.length);
        this.#skip -= step;
        data = data.subarray(step);
        if (this.#skip > 0) break;
        answers += this.#accepted();
      }
      if (this.#inData) {
        const end = data.indexOf(kEndOfData);
        if (end < 0) break;
        data = data.subarray(end + kEndOfData.length);
        this.#inData = false;
        answers += this.#accepted();
      }
      const end = data.indexOf('\r\n');
      if (end < 0) break;
      answers += this.#answer(data.toString('latin1', 0, end));
      data = data.subarray(end + 2);
    }
    this.#rest = data;
    if (answers) this.#socket.write(answers);
  }

  #accepted() {
    this.#sink.delivered(this.#recipient);
    return '250 2.0.0 taken\r\n';
  }

  #answer(line) {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'RCPT') {
      this.#recipient = /<([^>]*)>/.exec(line)?.[1] ?? '';
      this.#sink.recipient();
      return '250 2.1.5 ok\r\n';
    }
    if (verb === 'BDAT') {
      this.#skip = Number(line.split(' ')[1]);
      return this.#skip === 0 ? this.#accepted() : '';
    }
    if (verb === 'DATA') {
      this.#inData = true;
      return '354 go on\r\n';
    }
    if (verb === 'EHLO') return kHello;
    if (verb === 'QUIT') {
      this.#socket.end('221 2.0.0 bye\r\n');
      return '';
    }
    return '250 2.0.0 ok\r\n';
  }
}

export class TimingSink {
  messages = 0;
  lastRecipientAt = 0;  // Date.now()
  #waiting = new Map();

  // On a port of its own, or on the one given.
  static async start(port = 0) {
    const sink = new TimingSink();
    sink.server = net.createServer((socket) => new Connection(sink, socket));
    await new Promise((resolve, reject) => {
      sink.server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    sink.port = sink.server.address().port;
    return sink;
  }

  recipient() {
    this.lastRecipientAt = Date.now();
  }

  delivered(address) {
    this.messages += 1;
    this.#waiting.get(address)?.(performance.now());
  }

  // When mail to the address is accepted, on the clock of performance.now().
  arrival(address, limitMs) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(reject, limitMs, new Error(`no mail to ${address}`));
      this.#waiting.set(address, (at) => { clearTimeout(timer); resolve(at); });
    });
  }

  stop() {
    this.server.close();
  }
}
