import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readWav } from '../../host-tools/media/wav.js';
import { makeMusic, testFolder, tool } from '../media/sounds.js';
import { run, start, startInTerminal, when } from './mirleft.js';

const folder = testFolder();
const at = (name: string): string => path.join(folder, name);

/** A program of a few lines in a folder of its own. */
function program(name: string, source: string): string {
  fs.mkdirSync(at(name), { recursive: true });
  fs.writeFileSync(at(`${name}/main.ts`), source);
  return name;
}

const ECHO = `
import { exit, send, take, Exit, Queue } from 'mirleft/drivers/board';
const buffer = memory.data(16);
export function start(generation: i32): void {
  store<u8>(buffer, 0x3e);
  send(buffer, 1);
}
export function step(events: i32): i64 {
  const count = take(Queue.Uart, buffer, 16);
  for (let i = 0; i < count; i++) {
    const byte = load<u8>(buffer + i);
    if (byte >= 0x30 && byte <= 0x39) exit(Exit.End, byte - 0x30);
    assert(byte != 0x21, 'told to fail');
  }
  send(buffer, count);
  return i64.MAX_VALUE;
}
`;

describe('mirleft run', () => {
  before(() => {
    program('echo', ECHO);
  });

  it('passes bytes both ways and the status on', async () => {
    const running = start(folder, ['run', 'echo']);
    await running.until('>');
    running.child.stdin.write('hello\n');
    await running.until('hello');
    running.child.stdin.write('7');
    const { status, stdout } = await running.ended;
    assert.deepEqual([status, stdout], [7, '>hello\n']);
  });

  it('does the same on the virtual Pi', async () => {
    const running = start(folder, ['run', 'echo', '--on', 'virtual']);
    await running.until('>');
    running.child.stdin.write('hello\n');
    await running.until('hello');
    running.child.stdin.write('7');
    const { status, stdout } = await running.ended;
    assert.deepEqual([status, stdout], [7, '>hello\n']);
  });

  for (const target of ['emulator', 'virtual'])
    it(`shows a fault on the ${target} with its place in the source, and fails`, async () => {
      const running = start(folder, ['run', 'echo', '--on', target]);
      await running.until('>');
      running.child.stdin.write('!');
      const { status, stdout, stderr } = await running.ended;
      assert.equal(status, 1);
      assert.match(stdout, /^>\s*$/);
      const line = ECHO.split('\n').findIndex((text) => text.includes('told to fail')) + 1;
      assert.match(stderr, new RegExp(`fault: .*told to fail.*main\\.ts:${line}\\b`, 's'));
    });

  it('tells a finding with its place in the source', async () => {
    program(
      'reader',
      `
import { exit, Exit, read32 } from 'mirleft/drivers/board';
export function start(generation: i32): void {
  read32(0xfe20001c);
}
export function step(events: i32): i64 {
  exit(Exit.End, 0);
  return 0;
}
`,
    );
    const { status, stderr } = await run(folder, ['run', 'reader', '--on', 'virtual']);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /finding: .* GPIO GPSET0: a write-only register was read at main\.ts:4:/);
  });

  it('captures the jack until --timeout', async () => {
    const { status, stderr } = await run(folder, ['run', 'tone', '--capture', 'tone.wav', '--timeout', '2']);
    assert.equal(status, 124, stderr);
    const { samples, rateHz } = readWav(fs.readFileSync(at('tone.wav')));
    assert.ok(samples.length > rateHz);
    const loudest = Math.max(...samples.subarray(rateHz, rateHz + 9600).map(Math.abs));
    assert.ok(loudest > 1000 && loudest < 10000, `${loudest}`);
  });

  it('counts --timeout in virtual time on the virtual Pi', async () => {
    const words = ['run', 'tone', '--on', 'virtual', '--capture', 'virtual.wav', '--timeout', '2'];
    const { status, stderr } = await run(folder, words);
    assert.equal(status, 124, stderr);
    assert.match(stderr, /^ended after 2 s of virtual time$/m);
    const { samples, rateHz } = readWav(fs.readFileSync(at('virtual.wav')));
    const seconds = samples.length / 2 / rateHz;
    assert.ok(seconds > 1.5 && seconds < 2, `${seconds} s`);
  });

  it('says what is wrong: no such program, one that does not compile, a file for the RAM disk that is not there', async () => {
    program('broken', 'export function start(generation: i32): void { nonsense(); }\n');
    const [missing, broken, ramDisk] = await Promise.all([
      run(folder, ['run', 'no-such']),
      run(folder, ['run', 'broken']),
      run(folder, ['run', 'echo', '--ramdisk', 'gone.bin']),
    ]);
    assert.deepEqual([missing.status, broken.status, ramDisk.status], [1, 1, 1]);
    assert.match(missing.stderr, /^error: no-such: no such program; /);
    assert.match(broken.stderr, /main\.ts:1:\d+: Cannot find name 'nonsense'/);
    assert.match(ramDisk.stderr, /^error: gone\.bin: no such file; /m);
  });

  it('gives an archive to the program as it is, and only alone', async () => {
    makeMusic(at('kick.wav'), 0.1, 8000, 16, 1);
    tool('tar', '--format=ustar', '-cf', at('kit.tar'), '-C', folder, 'kick.wav');
    const args = ['run', 'sampler', '--timeout', '20', '--ramdisk', 'kit.tar'];
    const running = start(folder, args);
    await running.until('1 kick.wav');
    running.child.kill('SIGINT');
    assert.equal((await running.ended).status, 130);
    const { status, stdout, stderr } = await run(folder, [...args, 'kick.wav']);
    assert.deepEqual([status, stdout], [2, '']);
    assert.equal(
      stderr,
      'error: kit.tar: is an archive, and there are other files beside it; give the archive alone, or the files that are in it\n',
    );
  });

  it('ends at Ctrl-C while it builds', async () => {
    const tools = at('tools');
    fs.mkdirSync(tools);
    const clang = path.join(tools, 'clang');
    fs.writeFileSync(clang, '#!/bin/sh\necho $$ >clang.pid.new\nmv clang.pid.new clang.pid\nexec sleep 90\n', {
      mode: 0o755,
    });
    const running = start(tools, ['run', 'tone'], { MIRLEFT_CLANG: clang, MIRLEFT_CACHE: at('cache') });
    await when(
      () => fs.existsSync(path.join(tools, 'clang.pid')),
      'clang at work',
      () => running.child.exitCode !== null,
    );
    running.child.kill('SIGINT');
    try {
      // Within the time of the test: the tool sleeps longer.
      assert.equal(await running.exited, 130);
    } finally {
      process.kill(Number(fs.readFileSync(path.join(tools, 'clang.pid'), 'utf8')));
    }
  });

  it('gives the keys of a terminal to the device, and the terminal back', async () => {
    // `stty` tells how it is before and afterwards.
    const terminal = startInTerminal(folder, (mirleft) => `stty -g; ${mirleft} run echo; echo "status $?"; stty -g`);
    const shows = (wanted: string): Promise<void> => terminal.until((text) => text.includes(wanted), wanted);
    await shows('ends');
    await shows('>');
    terminal.child.stdin.write('ping');
    await shows('ping');
    terminal.child.stdin.write('\x03');
    await terminal.ended;
    const screen = terminal.text();
    const lines = screen.replaceAll('\r', '').trim().split('\n');
    assert.ok(screen.includes('status 130'), screen);
    assert.equal(lines.at(-1), lines[0]);
  });
});
