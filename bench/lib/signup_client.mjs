// Sign-ups over kept connections, as cheap as Node can send them: what is measured shares its
// cores.
import net from 'node:net';

const kHead = (port, length) => 'POST /lists/breaking/signup HTTP/1.1\r\n'
  + `host: 127.0.0.1:${port}\r\n`
  + 'content-type: application/x-www-form-urlencoded\r\naccept: application/json\r\n'
  + `content-length: ${length}\r\n\r\n`;

// One connection, one request at a time: send(email) resolves to the answer's text.
export class SignupClient {
  constructor(port) {
    this.port = port;
    this.#connect();
  }

  // The service closes what was idle for long; nothing was asked on it, so nothing is lost.
  #connect() {
    this.text = '';
    const socket = net.connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (part) => this.#take(part));
    const fail = (error) => { if (this.socket === socket) this.#fail(error); };
    socket.on('error', fail).on('close', () => fail(new Error('the connection was closed')));
  }

  send(email) {
    if (!['opening', 'open'].includes(this.socket.readyState)) this.#connect();
    const body = `email=${email.replace('@', '%40')}`;
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(kHead(this.port, body.length) + body);
    });
  }

  close() {
    this.waiting = undefined;
    this.socket.destroy();
  }

  #take(part) {
    this.text += part;
    const end = this.text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.text.slice(0, end))[1]);
    if (this.text.length < end + 4 + length) return;
    const { waiting, text } = this;
    this.text = '';
    this.waiting = undefined;
    waiting?.resolve(text);
  }

  #fail(error) {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.reject(error);
  }
}

export const statusOf = (answer) => Number(answer.slice(9, 12));

export function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
