// The least of an SMTP client, for tests that hand a mail over themselves.
import net from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';

// One reply: {code, text, lines}. Throws if the connection ends first.
class Conversation {
  #buffer = '';
  #socket;

  constructor(socket) {
    this.use(socket);
  }

  use(socket) {
    this.#socket = socket;
    this.#buffer = '';
    this.more = null;
    socket.setEncoding('utf8');
    socket.on('data', (text) => { this.#buffer += text; this.more?.(); });
    socket.on('close', () => { this.closed = true; this.more?.(); });
    socket.on('error', () => {});
  }

  async reply() {
    for (;;) {
      const whole = this.#buffer.match(/^(?:\d{3}-.*\r\n)*(\d{3}) ?(.*)\r\n/);
      if (whole) {
        this.#buffer = this.#buffer.slice(whole[0].length);
        return { code: Number(whole[1]), text: whole[2], lines: whole[0].trim().split('\r\n') };
      }
      if (this.closed) throw new Error(`the SMTP server closed; left over: ${this.#buffer}`);
      await new Promise((resolve) => { this.more = resolve; });
    }
  }

  async say(line) {
    this.#socket.write(`${line}\r\n`);
    return this.reply();
  }

  async startTls(options) {
    const { code } = await this.say('STARTTLS');
    if (code !== 220) throw new Error(`STARTTLS: ${code}`);
    const secure = tls.connect({ socket: this.#socket, servername: 'localhost', ...options });
    await once(secure, 'secureConnect');
    this.#socket.removeAllListeners('data');
    this.use(secure);
  }

  end() {
    this.#socket.destroy();
  }
}

// Sends one mail and answers the final reply's code; any refused step answers its code.
export async function sendMail({ port, ca, user, password, from, to, message }) {
  const socket = net.connect(port, '127.0.0.1');
  const talk = new Conversation(socket);
  try {
    await talk.reply();
    await talk.say('EHLO test.example');
    if (ca) {
      await talk.startTls({ ca });
      await talk.say('EHLO test.example');
    }
    if (user) {
      const plain = Buffer.from(`\0${user}\0${password}`).toString('base64');
      const { code } = await talk.say(`AUTH PLAIN ${plain}`);
      if (code !== 235) return code;
    }
    for (const command of [`MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA']) {
      const { code } = await talk.say(command);
      if (code >= 400) return code;
    }
    const { code } = await talk.say(`${message.replace(/\r?\n/g, '\r\n')}\r\n.`);
    await talk.say('QUIT').catch(() => {});
    return code;
  } finally {
    talk.end();
  }
}
