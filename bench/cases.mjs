// What bench/all measures, one function a figure or a family of them. Everything goes over
// loopback; what is compared runs interleaved, in the same minutes, on the same cores.
import { failed, figure, mean, median, megabytes, percentile, section, spread, whole }
  from './lib/figures.mjs';
import { cores, cpuOf, find, measuredCore, otherCore, peakMemory, resetPeakMemory, startFastSink,
  startSmtpSink, timed, tocsinBench } from './lib/machine.mjs';
import { Newsroom } from './lib/newsroom.mjs';
import { TimingSink } from './lib/timing_sink.mjs';
import { delay } from '../tests/e2e/support/process.mjs';

const kBytes = 10_000;
const kConnections = 20;  // as the others have
// To one fast smarthost few connections with a deep window do as well as many with a shallow one,
// for as many messages in flight, and with fewer system calls.
const kDeep = ['--connections', 8, '--window', 4];
const bench = (words) => `tocsin bench ${words}`;

// A sink on the other core while `use` runs: its answer, and what the sink's core had to do.
async function withSink(start, use) {
  const sink = await start(otherCore);
  try {
    const result = await use(sink);
    return { result, sinkCpu: await cpuOf(sink.pid) };
  } finally {
    await sink.stop();
  }
}

// OpenSSL's threads do nothing but sign: where they did not get their cores, others had them, and
// the ratio of rates says nothing.
function busyNote(report) {
  const got = report.sign_limit * report.sign_cpu_us / 1e6 / report.cores;
  return got > 0.97 ? ''
    : `; no figure: the machine was busy, ${(100 * got).toFixed(0)} % of it was ours`;
}

function signedFigures(where, command, report) {
  const rounds = report.ratio_rounds;
  figure({ what: `signed (RSA-2048, 10 kB), ${where}: part of OpenSSL's signatures a second`,
    target: '>= 0.90', reached: `${report.ratio.toFixed(3)} (rounds ${spread(rounds)}; by CPU time `
      + `${report.ratio_cpu.toFixed(3)})${busyNote(report)}`,
    ok: report.ratio >= 0.9 && busyNote(report) === '', command });
  figure({ what: `signed, ${where}: messages a second`,
    reached: `${whole(report.rate)} of ${whole(report.sign_limit)}`, command });
  if (report.sign_limit_sibling_busy) {
    figure({ what: `OpenSSL alone, ${where}, with the other cores idle and busy`,
      reached: `${whole(report.sign_limit)} and ${whole(report.sign_limit_sibling_busy)} a second`,
      command });
  }
  figure({ what: `CPU a signed message, ${where}; of OpenSSL's signature alone`,
    reached: `${(1e6 * report.cpu_seconds / report.messages).toFixed(0)} us; `
      + `${report.sign_cpu_us.toFixed(0)} us`, command });
}

export async function signedOneCore({ quick }) {
  section('Signed, one core', `Alerts through the real engine, everything but the sink on core
    ${measuredCore}, the sink on core ${otherCore}. RSA-2048 by plain OpenSSL (EVP_PKEY_sign, the
    context reused, one thread a core) is measured before, between and after the alerts, on the
    same core with the sink idle; rate and ratio are over the alerts' whole time, from the call
    that releases to the last outcome on the disk.`);
  const options = ['--recipients', quick ? 5_000 : 60_000, '--alerts', 3, '--bytes', kBytes,
    ...kDeep];
  const { result, sinkCpu } = await withSink(startFastSink, (sink) => tocsinBench(measuredCore,
    'deliver', ...options, '--to', `127.0.0.1:${sink.port}`));
  signedFigures('one core', `taskset -c ${measuredCore} ${bench(`deliver ${options.join(' ')}`)} `
    + '--to SINK', result);
  figure({ what: 'what the sink costs on the other core, a message',
    reached: `${(1e6 * sinkCpu / result.messages).toFixed(1)} us` });
}

export async function signedAllCores({ quick }) {
  section('Signed, all cores', `The same with nothing tied to a core: the engine, its ${cores}
    signing threads and the sink share ${cores} cores, so the sink's work is in the figure.`);
  const options = ['--recipients', quick ? 5_000 : 60_000, '--alerts', 3, '--bytes', kBytes,
    ...kDeep];
  const report = await tocsinBench(null, 'deliver', ...options);
  signedFigures(`${cores} cores`, bench(`deliver ${options.join(' ')}`), report);
}

export async function unsignedOneCore({ quick }) {
  section('Unsigned, one core', `As signed, one core, with --sign none: composing, sending,
    recording durably. Three alerts.`);
  const options = ['--recipients', quick ? 20_000 : 100_000, '--alerts', 3, '--bytes', kBytes,
    '--sign', 'none'];
  const { result } = await withSink(startFastSink, (sink) => tocsinBench(measuredCore,
    'deliver', ...options, '--to', `127.0.0.1:${sink.port}`));
  figure({ what: 'unsigned, one core, to tocsin sink: messages a second', target: '>= 25,000',
    reached: whole(result.rate), ok: result.rate >= 25_000,
    command: `taskset -c ${measuredCore} ${bench(`deliver ${options.join(' ')}`)} --to SINK` });
  figure({ what: 'ledger, bytes a delivered recipient, compacted', target: '<= 1',
    reached: `${result.ledger_bytes_per_recipient.toFixed(3)} (frozen audience: `
      + `${result.audience_bytes_per_recipient.toFixed(2)}; the database's growth, all in all: `
      + `${result.stored_bytes_per_recipient.toFixed(2)})`,
    ok: result.ledger_bytes_per_recipient <= 1, command: bench(`deliver ${options.join(' ')}`) });
}

// --- beside other senders ---

async function throughSmtpSink(what, messages, send) {
  const { result, sinkCpu } = await withSink(startSmtpSink, send);
  return { what, rate: result.rate, sender: result.cpu_seconds / messages,
    sink: sinkCpu / messages, sinkBusy: sinkCpu * result.rate / messages };
}

const tocsinSends = (messages) => throughSmtpSink('Tocsin', messages, (sink) =>
  tocsinBench(measuredCore, 'deliver', '--recipients', messages, '--bytes', kBytes, '--sign',
    'none', '--connections', kConnections, '--to', `127.0.0.1:${sink.port}`));

async function smtpSourceSends(messages) {
  const program = await find('smtp-source');
  return throughSmtpSink('smtp-source -d', messages, async (sink) => {
    const done = await timed(measuredCore, program, ['-d', '-s', String(kConnections), '-m',
      String(messages), '-l', String(kBytes), '-f', 'alerts@bench.example',
      '-t', 'reader@bigmail.example', `127.0.0.1:${sink.port}`]);
    return { rate: messages / done.seconds, cpu_seconds: done.cpu_seconds };
  });
}

const nodemailerSends = (messages) => throughSmtpSink('nodemailer', messages, async (sink) => {
  const script = new URL('nodemailer_source.mjs', import.meta.url).pathname;
  const done = await timed(measuredCore, process.execPath,
    [script, sink.port, messages, kBytes, kConnections].map(String));
  const { seconds } = JSON.parse(done.stdout);
  return { rate: messages / seconds, cpu_seconds: done.cpu_seconds };
});

export async function compare({ quick }) {
  section('Beside other senders', `The same smtp-sink (Postfix) on core ${otherCore}, the sender on
    core ${measuredCore}, messages of ${kBytes} bytes, ${kConnections} connections; rounds
    interleaved. Tocsin unsigned, with its ledger on the disk; smtp-source -d, which keeps its
    connections and sends one and the same message; a nodemailer pool, which composes each message.
    CPU a message is of the whole sender, its start included.`);
  const rounds = quick ? 1 : 3;
  const [many, some, few] = quick ? [10_000, 2_000, 1_000] : [50_000, 10_000, 4_000];
  const runs = [];
  for (let i = 0; i < rounds; i += 1) {
    runs.push(await tocsinSends(many), await smtpSourceSends(some), await nodemailerSends(few));
  }
  const of = (what, key) => runs.filter((one) => one.what === what).map((one) => one[key]);
  for (const what of ['Tocsin', 'smtp-source -d', 'nodemailer']) {
    const us = (key) => `${(1e6 * mean(of(what, key))).toFixed(0)} us`;
    figure({ what: `${what} to smtp-sink: messages a second`,
      reached: `${whole(mean(of(what, 'rate')))} (CPU a message: sender ${us('sender')}, `
        + `smtp-sink ${us('sink')}; smtp-sink's core ${(100 * mean(of(what, 'sinkBusy')))
          .toFixed(0)} % busy)` });
  }
  for (const [other, least] of [['smtp-source -d', 2], ['nodemailer', 10]]) {
    const ratios = of('Tocsin', 'rate').map((rate, i) => rate / of(other, 'rate')[i]);
    figure({ what: `unsigned, times ${other}, against the same smtp-sink`, target: `>= ${least}`,
      reached: `${mean(ratios).toFixed(1)} (rounds ${spread(ratios, 1)})`,
      ok: mean(ratios) >= least, command: 'bench/compare' });
  }
}

// --- from release to the first 250 ---

export async function firstReply({ quick }) {
  section('Release to the first 250', `Connections are open and the audience is put together, as
    saving and approving a draft does. From the call that releases (its transaction included) to
    the first 250; each alert is stopped there. Signed, everything on ${cores} cores.`);
  const cases = quick ? [[10_000, 5, 50]] : [[10_000, 40, 50], [1_000_000, 15, 250]];
  for (const [recipients, alerts, limit] of cases) {
    const options = ['--recipients', recipients, '--alerts', alerts, '--stop-at-first'];
    const report = await tocsinBench(null, 'deliver', ...options);
    figure({ what: `release to the first 250, ${whole(recipients)} subscribers, p50 of ${alerts}`,
      target: `<= ${limit} ms`, reached: `${report.first_ms} ms (transaction `
        + `${report.freeze_ms} ms)`, ok: report.first_ms <= limit,
      command: bench(`deliver ${options.join(' ')}`) });
  }
}

// --- alerts in a row ---

export async function lanes({ quick }) {
  const recipients = quick ? 5_000 : 100_000;
  section('Alerts in a row', `Four signed alerts of ${whole(recipients)} released at once: the 99th
    percentile of each from its own turn (when the one before it had its last reply). Then three
    more, and when the first of them is under way, a correction of an earlier alert.`);
  const options = ['--recipients', recipients];
  const report = await tocsinBench(null, 'lanes', ...options);
  const command = bench(`lanes ${options.join(' ')}`);
  const turns = report.four_alerts.map((alert) => `${(alert.turn_p99_ms / 1000).toFixed(2)} s`);
  figure({ what: "the fourth alert's p99 from its own turn, times the first's", target: '<= 1.2',
    reached: `${report.fourth_to_first.toFixed(2)} (${turns.join(', ')})`,
    ok: report.fourth_to_first <= 1.2, command });
  figure({ what: 'a correction behind three alerts: to its first 250', target: '<= 1 s',
    reached: `${report.correction_first_ms} ms (transaction ${report.correction_freeze_ms} ms)`,
    ok: report.correction_first_ms <= 1000, command });
}

// --- the whole service ---

async function peakWhileSending(readers) {
  const room = await Newsroom.create();
  try {
    const imported = await room.import(readers);
    const sink = await startFastSink(null, room.relayPort);
    room.scope.defer(() => sink.stop());
    const pid = room.news.process.child.pid;
    const life = await peakMemory(pid);
    await resetPeakMemory(pid);
    const status = await room.finish(await room.send());
    return { readers, imported, life, peak: await peakMemory(pid), rate: status.rate,
      delivered: status.delivered, database: await room.databaseBytes() };
  } finally {
    await room.close();
  }
}

export async function memory({ quick }) {
  section('Memory of the whole service', `\`tocsin serve\` with imported readers, one signed alert
    through the API to \`tocsin sink\`. VmHWM of the service, reset after the import.`);
  const command = 'bench/all --only memory';
  const runs = [];
  for (const readers of quick ? [10_000] : [100_000, 1_000_000]) {
    const run = await peakWhileSending(readers);
    runs.push(run);
    figure({ what: `peak memory of the service, ${whole(readers)} recipients`, target: '<= 64 MB',
      reached: `${megabytes(run.peak)} (importing them: ${megabytes(run.life)}, `
        + `${run.imported.toFixed(0)} s; database ${megabytes(run.database)})`,
      ok: run.peak <= 64e6 && run.delivered === readers, command });
  }
  if (runs.length === 2) {
    const growth = runs[1].peak / runs[0].peak - 1;
    figure({ what: 'growth of peak memory from 100,000 to 1,000,000', target: '<= 10 %',
      reached: `${(100 * growth).toFixed(1)} %`, ok: growth <= 0.1, command });
  }
}

export async function confirmationAndStop({ quick }) {
  const readers = quick ? 8_000 : 100_000;
  section('Confirmation mail and stop, at full rate', `\`tocsin serve\` with ${whole(readers)}
    readers and a signed alert under way to a sink that notes times (Node, on the same cores, so
    "full rate" is what is left of them). Sign-ups by HTTP, three a second, from as many networks;
    from sending the form to the 250 for its confirmation mail. Then a second alert is stopped by
    the command line: from the moment the command begins to the last new RCPT.`);
  const room = await Newsroom.create();
  try {
    await room.import(readers);
    const sink = await TimingSink.start(room.relayPort);
    room.scope.defer(() => sink.stop());
    const alert = await room.send();
    await room.underWay(alert);
    const before = { messages: sink.messages, at: performance.now() };
    const times = await room.signUps(sink, quick ? 10 : 60, 330);
    const running = (await room.news.status(alert)).state === 'released';
    const rate = (sink.messages - before.messages) / ((performance.now() - before.at) / 1000);
    figure({ what: `confirmation mail beside an alert at ${whole(rate)}/s: p99 of ${times.length}`,
      target: '<= 2 s', reached: `${percentile(times, 99).toFixed(0)} ms (p50 `
        + `${median(times).toFixed(0)} ms${running ? '' : '; the alert ended meanwhile'})`,
      ok: percentile(times, 99) <= 2000, command: 'bench/all --only service' });
    await room.finish(alert);

    const stopped = await room.send();
    await room.underWay(stopped);
    const begin = Date.now();
    await room.news.do('alert', 'stop', String(stopped));
    const answered = Date.now() - begin;
    await delay(2000);
    const last = Math.max(0, sink.lastRecipientAt - begin);
    figure({ what: 'stop: the last new RCPT after the command began', target: '<= 1 s',
      reached: `${last} ms (the command took ${answered} ms)`, ok: last <= 1000,
      command: 'bench/all --only service' });
  } finally {
    await room.close();
  }
}

// In the order of their length; the name is for --only.
export const cases = { signed: signedOneCore, 'signed-all': signedAllCores,
  unsigned: unsignedOneCore, compare, first: firstReply, service: confirmationAndStop, lanes,
  memory };

export async function runCase(name, options) {
  try {
    await cases[name](options);
  } catch (error) {
    failed(name, error);
  }
}
