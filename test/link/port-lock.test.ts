// Who has a port: one owner, whatever becomes of it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lockFile, lockPort } from '../../host-tools/link/port-lock.js';
import { Problem } from '../../host-tools/problem.js';
import { when } from '../cli/mirleft.js';
import { testFolder } from '../media/sounds.js';

/** Takes the port each time that it can, says so, and lets go; ends when the others do. */
const RACER = `import { lockPort } from './host-tools/link/port-lock.ts';
  import fs from 'node:fs';
  const [port, inside, rounds] = process.argv.slice(-3);
  process.setMaxListeners(0);
  let mine = 0;
  for (const end = Date.now() + 20000; mine < Number(rounds) && Date.now() < end;) {
    let lock;
    try { lock = lockPort(port); } catch (error) { if (error.code !== 'in-use') throw error; continue; }
    fs.writeFileSync(inside, '', { flag: 'wx' });
    mine++;
    fs.rmSync(inside);
    // What a killed owner leaves behind.
    if (mine % 2) lock.release(); else fs.writeFileSync(process.env.LOCK, '{"pid":4194303,"started":"1"}');
  }
  console.log(mine);`;

describe('link/port-lock', () => {
  const folder = testFolder();
  const at = (name: string): string => path.join(folder, name);
  const isHeld = (text: RegExp) => (error: unknown) => {
    assert(error instanceof Problem && error.code === 'in-use', String(error));
    assert.match(error.line(), text);
    return true;
  };

  it('has one owner, who is named to a second one', () => {
    const lock = lockPort(at('port'));
    const named = isHeld(new RegExp(`port: is held by process ${process.pid} \\(.+\\); end that one first`));
    assert.throws(() => lockPort(at('port')), named);
    lock.release();
    const again = lockPort(at('port'));
    lock.release(); // a second time: nothing to do with the new one
    assert.throws(() => lockPort(at('port')), Problem);
    again.release();
    assert(!fs.existsSync(lockFile(at('port'))));
  });

  it('is the same whatever TMPDIR says', () => {
    const before = process.env['TMPDIR'];
    const lock = lockPort(at('port'));
    try {
      process.env['TMPDIR'] = folder;
      assert.equal(os.tmpdir(), folder);
      assert.throws(() => lockPort(at('port')), Problem);
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
      lock.release();
    }
  });

  it('is free again when its owner was killed', async () => {
    const child = spawn(process.execPath, [
      '--import',
      'tsx',
      '-e',
      `import('./host-tools/link/port-lock.ts').then(({ lockPort }) => { lockPort(${JSON.stringify(at('held'))});
         console.log('held'); setInterval(() => undefined, 1000); })`,
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    assert.throws(() => lockPort(at('held')), isHeld(new RegExp(`process ${child.pid} `)));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    lockPort(at('held')).release();
  });

  it('is free again when its owner was killed, though its parent does not ask how it ended', async () => {
    const program = `import('./host-tools/link/port-lock.ts').then(({ lockPort }) => {
      lockPort(${JSON.stringify(at('zombie'))}); process.kill(process.pid, 'SIGKILL'); })`;
    const parent = spawn('sh', ['-c', '"$0" --import tsx -e "$1" & echo $!; exec sleep 60', process.execPath, program]);
    try {
      const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
      await when(() => fs.readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z '), 'its end');
      assert(fs.existsSync(lockFile(at('zombie'))));
      lockPort(at('zombie')).release();
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('takes nothing away but what it has seen to be of nobody', () => {
    const file = lockFile(at('port'));
    const lock = lockPort(at('port'));
    // Removed by hand, and taken by another.
    fs.rmSync(file);
    fs.writeFileSync(file, JSON.stringify({ pid: process.ppid, command: 'other', started: '1' }));
    lock.release();
    assert(fs.existsSync(file), "another one's");
    // One that was begun and never written, as an older version may leave it.
    fs.writeFileSync(file, '');
    lockPort(at('port')).release();
    assert.deepEqual(leftOf(at('port')), []);
  });

  /** Files beside a lock. */
  const leftOf = (port: string): string[] => {
    const { dir, base } = path.parse(lockFile(port));
    return fs.readdirSync(dir).filter((name) => name.startsWith(base));
  };

  it('goes to one alone of two that have seen the same one of nobody', () => {
    fs.writeFileSync(lockFile(at('port')), JSON.stringify({ pid: 4_194_303, command: 'gone', started: '1' }));
    const { renameSync } = fs;
    let second: unknown;
    // The other comes in between.
    fs.renameSync = (from, to) => {
      fs.renameSync = renameSync;
      assert.throws(
        () => lockPort(at('port')),
        (error) => (second = error) instanceof Problem,
      );
      renameSync(from, to);
    };
    const lock = lockPort(at('port'));
    assert(second instanceof Problem);
    lock.release();
    assert.deepEqual(leftOf(at('port')), []);
  });

  it('goes to one alone, also of many that see the same one of nobody', async () => {
    const racers = Array.from({ length: 4 }, () => {
      const words = ['--import', 'tsx', '--input-type=module', '-e', RACER, at('raced'), at('inside'), '20'];
      const child = spawn(process.execPath, words, { env: { ...process.env, LOCK: lockFile(at('raced')) } });
      let [out, errors] = ['', ''];
      child.stdout.on('data', (text: Buffer) => (out += text.toString()));
      child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
      return new Promise<[string, string]>((resolve) => child.once('close', () => resolve([out.trim(), errors])));
    });
    assert.deepEqual(await Promise.all(racers), Array(4).fill(['20', '']));
    fs.rmSync(lockFile(at('raced')), { force: true });
    assert.deepEqual(leftOf(at('raced')), []);
  });

  it('names the file and the user of a lock that it must not replace', () => {
    // Only root can be two users.
    if (process.getuid?.() !== 0) return;
    const file = lockFile(at('foreign'));
    fs.writeFileSync(file, JSON.stringify({ pid: 4_194_303, command: 'gone', started: '1' }));
    const tmp = fs.statSync(path.dirname(file)).mode & 0o1000;
    assert(tmp, 'a sticky folder');
    process.seteuid?.(65_534);
    try {
      assert.throws(
        () => lockPort(at('foreign')),
        isHeld(new RegExp(`foreign: is locked by the file ${file} of the user root.*sudo rm ${file}`)),
      );
    } finally {
      process.seteuid?.(0);
    }
    assert.deepEqual(leftOf(at('foreign')), [path.basename(file)]);
    fs.rmSync(file);
  });
});
