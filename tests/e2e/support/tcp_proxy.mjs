// A wire that a test can break: a TCP proxy on a port of its own in front of a server.
//
//   pass()     as if it were not there; what was held goes on
//   hold()     nothing gets through, and nobody is told: the network is gone
//   cut()      connections are reset and new ones refused: the server is gone
//   drop()     connections are reset, new ones are welcome
import net from 'node:net';
import { once } from 'node:events';

export class TcpProxy {
  #pairs = new Set();
  #held = false;
  #target;

  // `target`: {host, port} or {path}, as net.connect takes it.
  static async start(scope, target) {
    const proxy = new TcpProxy();
    proxy.leadTo(target);
    proxy.server = net.createServer({ pauseOnConnect: true, noDelay: true },
      (client) => proxy.#join(client));
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    proxy.port = proxy.server.address().port;
    scope.defer(() => proxy.#end());
    return proxy;
  }

  // Where new connections go.
  leadTo(target) {
    this.#target = { host: '127.0.0.1', ...target };
  }

  get connections() {
    return this.#pairs.size;
  }

  #join(client) {
    const server = net.connect({ ...this.#target, noDelay: true });
    const pair = [client, server];
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    pair.forEach((socket, i) => {
      const other = pair[1 - i];
      socket.on('data', (bytes) => { if (!other.write(bytes)) socket.pause(); });
      socket.on('drain', () => { if (!this.#held) other.resume(); });
      // What one side ends is news that a held wire does not carry either.
      socket.on('error', () => {}).on('close', () => { if (!this.#held) end(); });
      if (this.#held) socket.pause();
      else socket.resume();
    });
  }

  pass() {
    this.#held = false;
    for (const [client, server] of this.#pairs) {
      if (client.destroyed || server.destroyed) this.#reset([client, server]);
      else [client, server].forEach((socket) => socket.resume());
    }
    return this.#listen();
  }

  hold() {
    this.#held = true;
    for (const pair of this.#pairs) pair.forEach((socket) => socket.pause());
  }

  drop() {
    for (const pair of this.#pairs) this.#reset(pair);
  }

  async cut() {
    const closed = new Promise((resolve) => { this.server.close(resolve); });
    this.drop();
    await closed;
  }

  #reset(pair) {
    this.#pairs.delete(pair);
    for (const socket of pair) {
      if (socket.destroyed) continue;
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  async #listen() {
    if (this.server.listening) return;
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async #end() {
    if (this.server.listening) await this.cut();
  }
}
