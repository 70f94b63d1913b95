// mirleft console as a process: in a terminal, in a pipe, and through a reset of the board.

import assert from 'node:assert/strict';
import path from 'node:path';
import { Metric, PlayState, TelemetryOp } from '../../firmware/link/protocol.js';
import { socketLine, type RealLine } from '../link/real-lines.js';
import { testFolder } from '../media/sounds.js';
import { run, start, startInTerminal, when } from './mirleft.js';

const folder = testFolder();
/** A pair of a Snapshot. */
function pair(key: Metric, value: number): number[] {
  const bytes = Buffer.alloc(5, key);
  bytes.writeUInt32LE(value, 1);
  return [...bytes];
}
/** To the end of the line, and all before that away. */
const EMPTY = '\x05\x15';

describe('mirleft console', () => {
  let line: RealLine | undefined;

  afterEach(() => {
    line?.close();
    line = undefined;
  });

  const device = async (): Promise<RealLine> => (line = await socketLine(path.join(folder, 'uart')));

  it('types the bytes of a pipe, shows what the board says to them, and ends', async () => {
    const { rig, path: port } = await device();
    const running = start(folder, ['console', '--port', port]);
    let typed = '';
    running.child.stdin.end('help\r');
    await when(() => (typed += rig.typed()) === `${EMPTY}help\r`, 'the typed bytes, in a line that was wiped');
    rig.program.exports.say();
    rig.running = true;
    const { status, stdout } = await running.ended;
    assert.deepEqual([status, stdout], [0, 'The device says something. ']);
    assert.equal(rig.program.exports.isOpen(), 0, 'the session was ended');
  });

  it('says what is wrong with the port', async () => {
    const { status, stderr } = await run(folder, ['console', '--port', 'no-such']);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^error: no-such: no such port; does the program that made it still run\? mirleft run prints its own$/m,
    );
    assert.equal((await run(folder, ['console', '--baud', '7'])).status, 2);
  });

  it('has a raw terminal with a status line, and gives it back', async () => {
    const { rig, path: port } = await device();
    const terminal = startInTerminal(
      folder,
      (mirleft) => `stty -g; ${mirleft} console --port ${port}; echo "status $?"; stty -g`,
    );
    const { stdin } = terminal.child;
    const shows = (wanted: string): Promise<void> => terminal.until((text) => text.includes(wanted), wanted);
    await shows('as fast as it goes');
    let typed = '';
    stdin.write('seek 1:00\x03');
    await when(() => (typed += rig.typed()) === `${EMPTY}seek 1:00\x03`, 'the keys, the first Ctrl-C too');
    rig.program.exports.say();
    rig.running = true;
    await shows('The device says something.');
    const tell = (...bytes: number[]): void => {
      rig.program.bytes().set(bytes, rig.program.exports.bufferAt());
      assert(rig.program.exports.sendBytes(bytes.length));
    };
    tell(
      ...[
        TelemetryOp.Snapshot,
        ...pair(Metric.State, PlayState.Playing),
        ...pair(Metric.Track, 1),
        ...pair(Metric.Tracks, 5),
      ],
      ...[
        ...pair(Metric.PositionMs, 61_000),
        ...pair(Metric.LengthMs, 125_000),
        Metric.Name,
        ...Buffer.from('a/é\x1b[2J.wav'),
      ],
    );
    await shows('2/5 a/é\\x1b[2J.wav  1:01 of 2:05  ');
    tell(TelemetryOp.CrashRecord, 65);
    await shows('the board keeps the report of a fault: mirleft crash shows it');
    await shows('fault kept: mirleft crash  2/5');
    stdin.write('\x1d');
    await terminal.ended;
    const screen = terminal.text();
    const lines = screen.replaceAll('\r', '').trim().split('\n');
    assert.ok(screen.includes('status 0'), screen);
    assert.ok(screen.includes('\x1b[r'), 'the whole screen scrolls again');
    assert.equal(lines.at(-1), lines[0]?.replace(/^\x1b\S*/, ''));
  });

  it('renews the session of a board that was reset, and says so', async () => {
    const { rig, path: port } = await device();
    const running = start(folder, ['console', '--port', port]);
    running.child.stdin.write('a');
    let typed = '';
    await when(() => (typed += rig.typed()) === `${EMPTY}a`, 'the first key');
    rig.reset();
    running.child.stdin.write('b');
    await running.until('the board was reset or away: the session is renewed');
    running.child.stdin.end('c');
    await when(() => (typed += rig.typed()).endsWith('c'), 'a key after it');
    assert.equal((await running.ended).status, 0);
  });

  it('shows no prompt and no editing in a pipe, and runs the first command whatever was left in the line', async () => {
    const board = start(folder, ['run', 'player', '--timeout', '60']);
    let printed = '';
    board.child.stderr.on('data', (text: string) => (printed += text));
    await board.until('demo');
    const port = /port: (\S+)/.exec(printed)?.[1] ?? '';
    try {
      const left = start(folder, ['console', '--port', port]);
      left.child.stdin.end('half a line');
      assert.equal((await left.ended).status, 0);
      const running = start(folder, ['console', '--port', port]);
      running.child.stdin.end('vol\rhelp vol\r');
      const { status, stdout } = await running.ended;
      assert.equal(status, 0);
      assert.doesNotMatch(stdout, /\x1b|half|no such command/);
      assert.match(stdout, /^volume -20\.0 dB\n/m);
      assert.doesNotMatch(stdout, />\s*$/);
    } finally {
      board.child.kill('SIGINT');
      await board.ended;
    }
  });

  it('speaks with the player in the emulator', async () => {
    const running = start(folder, ['console', '--port', 'qemu']);
    running.child.stdin.end('+');
    const { status, stdout, stderr } = await running.ended;
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^volume -18\.0 dB$/m);
    assert.match(stdout, /^Mirleft .* player, build [\da-f]{16}/);
  });

  it('uses the port that mirleft run prints', async () => {
    const board = start(folder, ['run', 'player', '--timeout', '60']);
    let printed = '';
    board.child.stderr.on('data', (text: string) => (printed += text));
    await board.until('demo');
    const port = /port: (\S+)/.exec(printed)?.[1] ?? '';
    const { status, stdout, stderr } = await run(folder, ['console', '--port', port]);
    board.child.kill('SIGINT');
    const { stdout: shown } = await board.ended;
    assert.equal(status, 0, stderr);
    assert.equal(stdout, '');
    assert.doesNotMatch(shown, /\0/, 'no frames on the console of mirleft run');
  });

  it('goes on when the board in the emulator restarts', async () => {
    const running = start(folder, ['console', '--port', 'qemu']);
    const banners = (text: string): number => text.match(/player, build/g)?.length ?? 0;
    let shown = '';
    running.child.stdout.on('data', (text: string) => (shown += text));
    await when(() => banners(shown) === 1, 'the first start');
    running.child.stdin.write('reboot\r');
    await when(() => banners(shown) === 2, 'the second start');
    await running.until('the board was reset or away: the session is renewed');
    running.child.stdin.end('+');
    assert.equal((await running.ended).status, 0);
    assert.match(shown, /starting again[^]*volume -18\.0 dB\r?\n$/);
  });
});
