// Every command for files, as a process, against the player in QEMU with a card; and what is left when one is killed.

import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { machineArguments } from '../../host-tools/emulator/arguments.js';
import { keepAwake } from '../../host-tools/emulator/wake.js';
import { lockFile } from '../../host-tools/link/port-lock.js';
import { run, start, when, type Ran, type Running } from '../cli/mirleft.js';
import { testFolder } from '../media/sounds.js';
import { playerBuild } from '../play/player.js';
import { cardImage } from '../player/card-rig.js';
import { tone, wav16 } from '../player/program-rig.js';
import { noise } from '../storage/fat-rig.js';
import { connected } from '../support/socket.js';
import { checkFat, getFile, repairAll } from '../support/fat-image.js';

/** So much that it is never over before it is broken off. */
const LONG = 8_000_000;
/** So much that a get of it is not over before it is killed, and soon afterwards. */
const SOME_FRAMES = 250_000;
/** So many that they are never removed before that is broken off. */
const MANY = 600;
/** No other track is ever in use. */
const SETTINGS = 'volume_db = -20\nrepeat = one\n';

describe('files in QEMU', () => {
  const folder = testFolder();
  const at = (name: string): string => path.join(folder, name);
  const socket = at('line');
  let emulator: ChildProcess;

  before(async () => {
    const { image } = await playerBuild();
    fs.writeFileSync(at('kernel8.img'), image);
    fs.writeFileSync(at('cut.img'), image.subarray(0, -20_000));
    const music = wav16(tone(SOME_FRAMES, 2, 1));
    const many = Array.from({ length: MANY }, (_, i): [string, string] => [`many/${i}`, String(i)]);
    const files = { 'music/1.wav': music, 'player.ini': SETTINGS, ...Object.fromEntries(many) };
    fs.writeFileSync(at('card.img'), cardImage(files));
    fs.writeFileSync(at('song.wav'), wav16(tone(15_000, 2, 2)));
    fs.writeFileSync(at('long.wav'), wav16(tone(48_000 * 30, 2, 4), 48_000));
    fs.writeFileSync(at('long.bin'), noise(LONG, 3));
    fs.mkdirSync(at('tree/two'), { recursive: true });
    fs.writeFileSync(at('tree/1.txt'), 'one');
    fs.writeFileSync(at('tree/two/2.txt'), 'two');
    const machine = machineArguments({ kernel: at('kernel8.img'), card: at('card.img') }).map((word) =>
      word.startsWith('stdio,id=console') ? `socket,id=console,path=${socket},server=on,wait=off` : word,
    );
    emulator = spawn('timeout', ['-k', '2', '600', 'qemu-system-aarch64', ...machine], { stdio: 'ignore' });
    keepAwake(emulator);
    (await connected(socket)).destroy();
  });
  after(() => void emulator.kill());

  const mirleft = (...words: string[]): Promise<Ran> => run(folder, [...words, '--port', socket]);
  /** A command that must succeed; its stdout. */
  async function does(...words: string[]): Promise<string> {
    const { status, stdout, stderr } = await mirleft(...words);
    assert.equal(status, 0, `${words.join(' ')}: ${stderr}`);
    return stdout;
  }
  /** A command that must fail, with one line. */
  async function fails(status: number, text: RegExp, ...words: string[]): Promise<void> {
    const ran = await mirleft(...words);
    assert.deepEqual([ran.status, text.test(ran.stderr)], [status, true], `${words.join(' ')}: ${ran.stderr}`);
  }
  /** Waits until a command has had the port for a while. */
  async function onPort({ child }: Running): Promise<void> {
    const lock = lockFile(socket);
    const owner = (): string => (fs.existsSync(lock) ? fs.readFileSync(lock, 'utf8') : '');
    await when(() => owner().includes(String(child.pid)), 'its lock');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const listed = async (name: string): Promise<unknown> => {
    const { entries } = JSON.parse(await does('ls', '--json', name)) as { entries: { name: string; bytes: number }[] };
    return entries.map((entry) => [entry.name, entry.bytes]);
  };

  it('lists, makes, puts, gets, moves and removes', async () => {
    assert.match(
      await does('ls'),
      /^ *2001-09-09 01:46 {2}many\/\n *2001-09-09 01:46 {2}music\/\n *29 {2}2001-09-09 01:46 {2}player\.ini\n(65,536 {2}- +player\.state\n)?$/,
    );
    await does('mkdir', '-p', 'books/one');
    const { size } = fs.statSync(at('song.wav'));
    const put = JSON.parse(await does('put', '--json', 'song.wav', 'books/one/')) as Record<string, unknown>;
    assert.deepEqual([put['files'], put['bytes'], put['errors']], [1, size, []]);
    assert.equal((JSON.parse(await does('put', '--json', 'song.wav', 'books/one/')) as { same: number }).same, 1);
    assert.deepEqual(await listed('books/one'), [['song.wav', size]]);
    await does('mv', 'books/one/song.wav', 'music/2.wav');
    await does('get', 'music/2.wav');
    assert(fs.readFileSync(at('2.wav')).equals(fs.readFileSync(at('song.wav'))));
    fs.writeFileSync(at('2.wav'), 'mine');
    await fails(1, /2\.wav: is there already; -f replaces it/, 'get', 'music/2.wav');
    await fails(1, /music\/2\.wav: there is one of that name; -f/, 'put', '2.wav', 'music/');
    await does('put', '-f', '2.wav', 'music/');
    assert.deepEqual(await listed('music/2.wav'), [['2.wav', 4]]);
    await does('put', '-r', 'tree', 'books/');
    const got = JSON.parse(await does('get', '--json', '-r', 'books', 'back/')) as Record<string, unknown>;
    assert.deepEqual([got['files'], got['same'], got['failed'], got['errors']], [2, 0, 0, []]);
    assert.equal(fs.readFileSync(at('back/books/tree/two/2.txt'), 'utf8'), 'two');
    const same = JSON.parse(await does('get', '--json', '-r', 'books', 'back/')) as { transfers: object[] };
    assert.deepEqual(same.transfers[1], {
      event: 'same',
      name: 'books/tree/two/2.txt',
      to: 'back/books/tree/two/2.txt',
      bytes: 3,
    });
    assert.match(await does('df'), /^\d+\.\d MB free of 33\.5 MB, \d+ % used\n$/);
    await fails(1, /books: is a folder, and not empty; -r/, 'rm', 'books');
    const removed = await mirleft('rm', '-r', '--json', 'none', 'books', 'kernel8.img', 'music/2.wav');
    assert.equal(removed.status, 1);
    assert.match(
      removed.stderr,
      /^error: none: there is no such file.*\nerror: kernel8\.img: there is no such file.*\n$/,
    );
    const { removed: gone, errors } = JSON.parse(removed.stdout) as { removed: string[]; errors: { file: string }[] };
    assert.deepEqual([gone.at(-1), errors.map((error) => error.file)], ['music/2.wav', ['none', 'kernel8.img']]);
    assert.deepEqual(await listed('music'), [['1.wav', 4 * SOME_FRAMES + 44]]);
  });

  it('tells what is wrong in one line', async () => {
    await fails(1, /none: there is no such file; mirleft ls/, 'get', 'none');
    await fails(2, /the name leads through/, 'get', '../x');
    await fails(2, /character that a card has not/, 'mkdir', 'a:b');
    await fails(1, /no\/such: there is no such folder/, 'mkdir', 'no/such');
    await fails(1, /here: no such file or folder/, 'put', 'here');
    await fails(2, /missing required argument/, 'mv', 'x');
    await fails(2, /character that a card has not/, 'put', '-t', 'a:b', 'song.wav');
    await fails(2, /character that a card has not/, 'mv', 'music', 'a:b');
    await fails(2, /there is no name/, 'rm', '');
    await fails(2, /kept for what is being put/, 'put', 'song.wav', '.mirleft-put');
    await fails(1, /cut\.img: is no kernel of this library, or not all of one/, 'put', '-t', 'kernel8.img', 'cut.img');
    await fails(1, /song\.wav: is no kernel/, 'put', '-f', '-t', '/KERNEL8.img', 'song.wav');
    execFileSync('mkfifo', [at('pipe')]);
    await fails(1, /pipe: is no file, but a folder, a pipe or a device/, 'put', 'pipe');
    const { stdout, status } = await mirleft('rm', '--json', 'none');
    assert.equal(status, 1);
    assert.match(stdout, /^\{"schema":1,"removed":\[\],"errors":\[\{/);
    await does('put', 'kernel8.img');
    await fails(1, /kernel8\.img: the card does not boot without it; -f/, 'mv', 'music/1.wav', 'kernel8.img');
    await fails(2, /music\/inner: a folder cannot go into itself/, 'mv', 'music', 'music/inner');
  });

  it('stops rm -r at Ctrl-C, and says how far it came', async () => {
    const removing = start(folder, ['rm', '-r', 'many', '--port', socket]);
    await onPort(removing);
    removing.child.kill('SIGINT');
    const { status, stderr } = await removing.ended;
    assert.equal(status, 130, stderr);
    const [, told = '0'] = /^(\d+) names? (?:was|were) removed, many\/\d+ last$/m.exec(stderr) ?? [];
    assert.equal(((await listed('many')) as unknown[]).length, MANY - Number(told));
  });

  it('leaves nothing half when put is killed, and goes on afterwards', async () => {
    const killed = start(folder, ['put', 'long.bin', '--port', socket]);
    await killed.until(/[1-9]\d* %/);
    killed.child.kill('SIGKILL');
    await killed.exited;
    assert.doesNotMatch(await does('ls'), / long\.bin/);
    const again = start(folder, ['put', 'long.bin', '--port', socket]);
    await again.until('are there already, going on');
    again.child.kill('SIGINT');
    assert.equal(await again.exited, 130);
    await does('rm', '.mirleft-put', '.mirleft-put.ini');
  });

  it('leaves nothing half when get is killed, and goes on afterwards', async () => {
    const parts = (): string[] => fs.readdirSync(folder).filter((name) => name.endsWith('.mirleft-get'));
    const getting = (): ReturnType<typeof start> => start(folder, ['get', 'music/1.wav', '--port', socket]);
    const killed = getting();
    await when(() => parts().some((name) => fs.statSync(at(name)).size > 0), 'a part');
    killed.child.kill('SIGKILL');
    await killed.exited;
    assert(!fs.existsSync(at('1.wav')));
    await does('get', 'music/1.wav');
    assert(fs.readFileSync(at('1.wav')).equals(wav16(tone(SOME_FRAMES, 2, 1))));
    assert.deepEqual(parts(), []);
  });

  for (const [name, words, there] of [
    ['push', ['push', 'long.wav'], /48,000 Hz/],
    ['update', ['update', 'kernel8.img', '--json'], /"event":"sending","bytes":[1-9]/],
    ['console', ['console'], /volume/],
    ['metrics', ['metrics', '--listen', '127.0.0.1:0'], /http:/],
    ['top', ['top', '--json'], /\{/],
    ['dev', ['dev', 'player', '--json'], /"event":"(unchanged|sending)"/],
    ['rm', ['rm', '-r', 'many'], undefined],
  ] as const)
    it(`has a line that others use when ${name} is killed`, async () => {
      const killed = start(folder, [...words, '--port', socket]);
      // Of a pipe that stays open.
      if (name === 'console') killed.child.stdin.write('vol\r');
      if (there) await killed.until(there);
      else await onPort(killed);
      killed.child.kill('SIGKILL');
      await killed.exited;
      const timed = async (): Promise<number> => {
        const began = performance.now();
        assert.match(await does('df'), /MB free/);
        return performance.now() - began;
      };
      const first = await timed();
      // A process takes long to begin on a busy machine: what the other has left behind is what comes on top.
      const next = await timed();
      assert(first - next < 5000, `${first} ms, then ${next} ms`);
    });

  it('leaves a card that is whole', async () => {
    await does('put', 'song.wav', 'music/last.wav');
    emulator.kill();
    await new Promise((resolve) => emulator.once('exit', resolve));
    assert(getFile(at('card.img'), '/music/last.wav').equals(fs.readFileSync(at('song.wav'))));
    repairAll([at('card.img')]);
    assert.equal(checkFat(at('card.img')), '');
  });
});
