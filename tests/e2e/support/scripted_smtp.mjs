// An SMTP server that does as it is told: refuses a step, withdraws TLS, hangs up.
//
// `answers` maps a command's verb (or 'greeting', 'dot') to a reply line, a function of the line
// that gives one, or null to hang up without an answer. What is not named is accepted. A test may
// change `answers` and `extensions` while the server runs.
import net from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';

export async function scriptedSmtp(scope, { answers = {}, extensions = [], secure } = {}) {
  const commands = [];
  const messages = [];
  const sockets = new Set();

  const usual = {
    greeting: '220 smtp.test ESMTP',
    EHLO: () => ['250-smtp.test', ...extensions.map((name) => `250-${name}`),
      '250 ENHANCEDSTATUSCODES'].join('\r\n'),
    HELO: '250 smtp.test',
    STARTTLS: '220 2.0.0 go ahead',
    AUTH: '235 2.7.0 welcome',
    MAIL: '250 2.1.0 ok',
    RCPT: '250 2.1.5 ok',
    DATA: '354 go ahead',
    dot: '250 2.0.0 queued',
    RSET: '250 2.0.0 ok',
    NOOP: '250 2.0.0 ok',
    QUIT: '221 2.0.0 bye',
  };

  function serve(socket) {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    let buffer = '';
    let inData = false;
    const answer = (verb, line) => {
      const given = verb in answers ? answers[verb] : (usual[verb] ?? '502 5.5.2 unknown');
      const reply = typeof given === 'function' ? given(line) : given;
      if (reply === null) {
        socket.destroy();
        return '';
      }
      socket.write(`${reply}\r\n`);
      return reply;
    };
    socket.on('data', (bytes) => {
      buffer += bytes.toString('latin1');
      for (;;) {
        if (inData) {
          const end = buffer.indexOf('\r\n.\r\n');
          if (end < 0) return;
          messages.push(buffer.slice(0, end + 2));
          buffer = buffer.slice(end + 5);
          inData = false;
          if (!answer('dot', '')) return;
          continue;
        }
        const end = buffer.indexOf('\r\n');
        if (end < 0) return;
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        commands.push(line);
        const verb = line.split(' ')[0].toUpperCase();
        const reply = answer(verb, line);
        if (!reply) return;
        if (verb === 'DATA' && reply.startsWith('354')) inData = true;
        if (verb === 'QUIT') socket.end();
        if (verb === 'STARTTLS' && reply.startsWith('220') && secure) {
          socket.removeAllListeners('data');
          serveTls(socket);
          return;
        }
      }
    });
    return answer;
  }
  function serveTls(socket) {
    const upgraded = new tls.TLSSocket(socket, { isServer: true, ...secure });
    serve(upgraded);
  }

  const server = net.createServer((socket) => { serve(socket)('greeting', ''); });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => new Promise((resolve) => {
    for (const socket of sockets) socket.destroy();
    server.close(resolve);
  }));
  return { port: server.address().port, answers, extensions, commands, messages };
}
