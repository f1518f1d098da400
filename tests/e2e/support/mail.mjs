// Received mail, taken apart far enough for tests, and its DKIM verdict by mailauth.
import dkimVerify from 'mailauth/lib/dkim/verify.js';

// {headers: [[name, value]], get(name), all(name), parts: [{type, text}], raw}
export function readMail(source) {
  const raw = source.toString('latin1');
  const end = raw.indexOf('\r\n\r\n');
  const headers = headersOf(raw.slice(0, end));
  const body = raw.slice(end + 4);
  const all = (name) => headers.filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
  const get = (name) => all(name)[0];
  const boundary = get('content-type')?.match(/boundary="?([^";]+)"?/)?.[1];
  const parts = boundary
    ? body.split(`--${boundary}`).slice(1, -1).map(partOf)
    : [partOf(raw)];
  return { headers, get, all, parts, raw,
    text: parts.find((part) => part.type === 'text/plain')?.text,
    html: parts.find((part) => part.type === 'text/html')?.text };
}

function headersOf(block) {
  return block.replace(/\r\n[ \t]+/g, ' ').split('\r\n').filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
}

function partOf(part) {
  const [head, ...rest] = part.replace(/^\r\n/, '').split('\r\n\r\n');
  const headers = Object.fromEntries(headersOf(head).map(([k, v]) => [k.toLowerCase(), v]));
  const body = rest.join('\r\n\r\n');
  const encoding = (headers['content-transfer-encoding'] ?? '7bit').toLowerCase();
  const bytes = encoding === 'base64' ? Buffer.from(body, 'base64')
    : encoding === 'quoted-printable' ? quotedPrintable(body) : Buffer.from(body, 'latin1');
  return { type: (headers['content-type'] ?? 'text/plain').split(';')[0].trim(), headers,
    text: bytes.toString('utf8') };
}

function quotedPrintable(text) {
  const plain = text.replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}

// An encoded header's words as text (RFC 2047, UTF-8 only).
export function decodeWords(value) {
  return value.replace(/\?=\s+=\?/g, '?==?').replace(/=\?utf-8\?([bq])\?(.*?)\?=/gi,
    (_, kind, data) => (kind.toLowerCase() === 'b' ? Buffer.from(data, 'base64')
      : quotedPrintable(data.replace(/_/g, ' '))).toString('utf8'));
}

// Every signature's verdict: [{result: 'pass', algo: 'rsa-sha256', signingHeaders, ...}].
// `records` are the DNS TXT records by name, as the operator would publish them.
export async function verifyDkim(source, records) {
  const resolver = async (name, type) => {
    if (type === 'TXT' && records[name]) return [[records[name]]];
    throw Object.assign(new Error(`no ${type} record for ${name}`), { code: 'ENOTFOUND' });
  };
  const { results } = await dkimVerify.dkimVerify(source, { resolver });
  return results.map((one) => ({
    result: one.status.result,
    comment: one.status.comment,
    algo: one.algo,
    domain: one.signingDomain,
    selector: one.selector,
    headers: one.signingHeaders?.keys?.split(/:\s*/).map((name) => name.trim().toLowerCase()) ?? [],
    one,
  }));
}

// The first link in the text that begins with the prefix.
export function linkIn(text, prefix) {
  const start = text.indexOf(prefix);
  if (start < 0) throw new Error(`no link ${prefix} in:\n${text}`);
  return text.slice(start).match(/^[^\s"'<>)]+/)[0];
}
