// What the player remembers, as bytes. That one version is whole through any cut is the StateFile's (test/storage).

import assert from 'node:assert/strict';
import { runProgram, type Running } from '../support/module.js';

interface Exports {
  buffer: WebAssembly.Global;
  decode(bytes: number): number;
  set(volume: number, seed: number, seconds: number, setting: number, pathBytes: number): void;
  encode(): number;
  volume(): number;
  agrees(setting: number): number;
  seed(): number;
  seconds(): number;
  path(): number;
  pathBytes(): number;
}

const SETTING = -321;

describe('player.state', () => {
  let running: Running<Exports>;
  before(async () => {
    running = await runProgram<Exports>('test/player/assembly/state.ts');
  });

  const buffer = (): Buffer => Buffer.from(running.memory.buffer, running.exports.buffer.value as number, 4096);
  const set = (volume: number, seconds: number, path: string): void => {
    const bytes = Buffer.from(path);
    buffer().set(bytes);
    running.exports.set(volume, 0xfedcba98, seconds, SETTING, bytes.length);
  };
  const known = (): [number, number, number, string] => {
    const { exports } = running;
    const path = running.bytes().slice(exports.path(), exports.path() + exports.pathBytes());
    return [exports.volume(), exports.seed() >>> 0, exports.seconds(), Buffer.from(path).toString()];
  };

  it('is read from its bytes alone', () => {
    set(-205, 4711, 'Hörbuch/1.wav');
    const bytes = Buffer.from(buffer().subarray(0, running.exports.encode()));
    set(0, 0, 'other');
    buffer().set(bytes);
    assert.equal(running.exports.decode(bytes.length), 1);
    assert.deepEqual(known(), [-205, 0xfedcba98, 4711, 'Hörbuch/1.wav']);
    assert.equal(bytes.readInt32LE(4), -205);
    assert.equal(bytes.readUInt32LE(12), 4711);
    assert.equal(bytes.readInt32LE(16), SETTING);
  });

  it('believes no number that was made up, and stays as it was then', () => {
    set(-10, 5, 'x.wav');
    const good = Buffer.from(buffer().subarray(0, running.exports.encode()));
    for (const [offset, wrong] of [
      [0, 0],
      [0, 3],
      [4, 1],
      [4, -1001],
      [12, -1],
      [16, 1],
      [16, -1001],
    ] as const) {
      buffer().set(good);
      buffer().writeInt32LE(wrong, offset);
      assert.equal(running.exports.decode(good.length), 0, `${wrong} at ${offset}`);
    }
    buffer().set(good);
    for (const length of [-1, 0, 15, 16, 19, 921]) assert.equal(running.exports.decode(length), 0, `${length} bytes`);
    assert.deepEqual(known(), [-10, 0xfedcba98, 5, 'x.wav']);
  });

  it('tells whether the setting of the volume is another one than it was', () => {
    set(-10, 5, 'x.wav');
    const bytes = Buffer.from(buffer().subarray(0, running.exports.encode()));
    for (const setting of [SETTING - 1, SETTING, SETTING + 1]) {
      buffer().set(bytes);
      assert.equal(running.exports.decode(bytes.length), 1);
      assert.equal(running.exports.agrees(setting), Number(setting === SETTING), `${setting}`);
    }
  });

  it('is read from the format before, which agrees with any setting', () => {
    set(-10, 5, 'a longer one.wav');
    const old = Buffer.alloc(16 + 5);
    old.writeUInt32LE(1, 0);
    old.writeInt32LE(-77, 4);
    old.writeUInt32LE(9, 8);
    old.writeUInt32LE(33, 12);
    old.write('x.wav', 16);
    buffer().set(old);
    assert.equal(running.exports.decode(old.length), 1);
    assert.deepEqual(known(), [-77, 9, 33, 'x.wav']);
    assert.equal(running.exports.agrees(0), 1);
    assert.equal(running.exports.agrees(-321), 1);
  });

  it('has no track whose path is too long', () => {
    set(-10, 5, 'x'.repeat(901));
    assert.equal(known()[3], '');
    set(-10, 5, 'x'.repeat(900));
    assert.equal(known()[3].length, 900);
  });
});
