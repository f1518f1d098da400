// Sends messages through a nodemailer pool, as a newsletter program would: the other side of
// bench/compare. usage: node nodemailer_source.mjs PORT MESSAGES BYTES CONNECTIONS
// Prints {messages, seconds}: from the first send to the last answer.
import nodemailer from 'nodemailer';

const [port, messages, bytes, connections] = process.argv.slice(2).map(Number);
const transport = nodemailer.createTransport({ pool: true, host: '127.0.0.1', port, secure: false,
  ignoreTLS: true, maxConnections: connections, maxMessages: Infinity });
const filling = `<p>${'x'.repeat(68)}</p>\n`;
const html = `<html><body>${filling.repeat(Math.ceil(bytes / filling.length))}</body></html>`;

const send = (i) => transport.sendMail({
  from: 'The Bench <alerts@bench.example>', to: `reader${i}@bigmail.example`,
  subject: 'A bridge is closed', text: 'The bridge is closed.', html,
  headers: { 'List-Unsubscribe': `<https://bench.example/u/${i}>` },
});

const begin = performance.now();
let next = 0;
async function sendSome() {
  while (next < messages) await send(next++);
}
// Enough at once that no connection ever waits for work.
await Promise.all(Array.from({ length: 2 * connections }, sendSome));
const seconds = (performance.now() - begin) / 1000;
transport.close();
console.log(JSON.stringify({ messages, seconds }));
