// The Debian package and the files around it: built from the release build, looked at, installed,
// upgraded, removed and purged in a root of its own. deploy/try_package does the same in a whole
// Debian, where apt finds the libraries.
import assert from 'node:assert/strict';
import { access, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { root, run } from './support/process.mjs';
import { Scope } from './support/scope.mjs';
import { binary, cleanEnvironment } from './support/tocsin.mjs';

const scope = new Scope();
after(() => scope.close());

const deploy = path.join(root, 'deploy');
let folder;
let deb;

async function done(command, ...args) {
  const end = await run(command, args, { env: cleanEnvironment() });
  assert.equal(end.code, 0, `${command} ${args.join(' ')}:\n${end.stdout}${end.stderr}`);
  return end.stdout + end.stderr;
}

const exists = (file) => access(file).then(() => true, () => false);

before(async () => {
  folder = await scope.folder();
  await done('cpack', '-G', 'DEB', '--config', path.join(path.dirname(binary), 'CPackConfig.cmake'),
    '-B', folder);
  const made = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
  assert.equal(made.length, 1);
  deb = path.join(folder, made[0]);
});

test('it holds what it should, owned by root, and depends on the libraries', async () => {
  const lines = (await done('dpkg-deb', '-c', deb)).split('\n').filter(Boolean);
  const files = new Map(lines.map((line) => [line.split(/\s+/)[5].slice(1), line]));
  for (const file of ['/usr/bin/tocsin', '/usr/lib/systemd/system/tocsin.service',
    '/usr/lib/systemd/system/tocsin@.service', '/usr/lib/sysusers.d/tocsin.conf',
    '/usr/share/man/man1/tocsin.1.gz', '/usr/share/doc/tocsin/copyright',
    '/usr/share/doc/tocsin/changelog.gz', '/usr/share/doc/tocsin/OPERATING.md',
    '/usr/share/doc/tocsin/examples/tocsin.toml']) {
    assert.ok(files.has(file), `${file} is in it`);
  }
  for (const line of files.values()) {
    assert.match(line, /^[-d]rw[-x]r-[-x]r-[-x] root\/root /, line);
  }
  const depends = await done('dpkg-deb', '-f', deb, 'Depends');
  for (const library of ['libc6', 'libsqlite3-0', 'libpq5', 'libssl3', 'libunbound8', 'systemd']) {
    assert.match(depends, new RegExp(`\\b${library}\\b`));
  }
});

test('systemd takes the units, and finds little to attack', async (t) => {
  if (!await exists('/usr/bin/systemd-analyze')) return t.skip('systemd-analyze is not here');
  // With a program that is there on this machine.
  const units = [['tocsin.service', 'tocsin.service'], ['tocsin@.service', 'tocsin@send.service']];
  for (const [name, instance] of units) {
    const text = await readFile(path.join(deploy, 'systemd', name), 'utf8');
    const copy = path.join(folder, instance);
    await writeFile(copy, text.replaceAll('/usr/bin/tocsin', binary));
    assert.equal(await done('systemd-analyze', 'verify', '--man=no', copy), '');
    await done('systemd-analyze', 'security', '--offline=true', '--threshold=20', copy);
  }
});

test('installed, upgraded, removed, purged; a purge keeps the readers', async () => {
  const place = path.join(folder, 'root');
  for (const part of ['etc', 'var/lib/dpkg/info', 'var/lib/dpkg/updates']) {
    await mkdir(path.join(place, part), { recursive: true });
  }
  await writeFile(path.join(place, 'var/lib/dpkg/status'), '');
  const own = process.getuid() === 0 ? [] : ['fakeroot'];
  const dpkg = (...args) => {
    const [command, ...rest] = [...own, 'dpkg', `--root=${place}`, '--force-depends',
      '--force-script-chrootless', ...args];
    return done(command, ...rest);
  };
  const status = () => run('dpkg-query', [`--root=${place}`, '-W', '-f',
    '${Version} ${db:Status-Status}', 'tocsin']).then((end) => end.stdout);

  assert.match(await dpkg('-i', deb), /tocsin init --dir \/etc\/tocsin/);
  assert.match(await status(), /^0\.\S+ installed$/);
  assert.match(await done(path.join(place, 'usr/bin/tocsin'), '--version'), /^tocsin 0\./);
  assert.match(await readFile(path.join(place, 'etc/passwd'), 'utf8'), /^tocsin:/m);
  assert.ok(await exists(path.join(place, 'etc/tocsin')));

  // The same again as a later version.
  const next = path.join(folder, 'next');
  await done('dpkg-deb', '-R', deb, next);
  const control = path.join(next, 'DEBIAN/control');
  await writeFile(control, (await readFile(control, 'utf8'))
    .replace(/^Version: .*$/m, 'Version: 9.9.9'));
  await done('dpkg-deb', '--root-owner-group', '-Zgzip', '-z1', '-b', next,
    path.join(folder, 'next.deb'));
  assert.doesNotMatch(await dpkg('-i', path.join(folder, 'next.deb')), /tocsin init/);
  assert.equal(await status(), '9.9.9 installed');

  const database = path.join(place, 'var/lib/tocsin/tocsin.db');
  await writeFile(database, 'readers');
  await dpkg('-r', 'tocsin');
  assert.ok(!await exists(path.join(place, 'usr/bin/tocsin')));
  assert.match(await dpkg('-P', 'tocsin'), /\/var\/lib\/tocsin is kept/);
  assert.ok(await exists(database));
  assert.ok(!await exists(path.join(place, 'etc/tocsin')));
  assert.equal(await status(), '');
});

test('the example configuration is one, and the compose file names what there is', async () => {
  const end = await run(binary, ['config', 'check', '--config', path.join(deploy, 'tocsin.toml')],
    { env: cleanEnvironment() });
  assert.equal(end.code, 0, end.stderr);
  const compose = await readFile(path.join(deploy, 'container/compose.yaml'), 'utf8');
  for (const [, section, name] of compose.matchAll(/\bTOCSIN_([A-Z]+)_([A-Z_]+)/g)) {
    const part = end.stdout.split(`[${section.toLowerCase()}]`)[1]?.split('\n[')[0];
    assert.match(part ?? '', new RegExp(`^  ${name.toLowerCase()} (=|is not set)`, 'm'), name);
  }
});

test('the operating page tells of every metric, and of no other', async () => {
  const names = (text) => [...new Set(text.match(/\btocsin_[a-z]+(_[a-z]+)*\b/g))].sort();
  const source = await readFile(path.join(root, 'src/app/health.cpp'), 'utf8');
  const page = await readFile(path.join(root, 'docs/OPERATING.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `tocsin_')).join('\n');
  assert.deepEqual(names(rows), names(source));
});
