import assert from 'node:assert/strict';
import { RAM_DISK_BYTES } from '../../boot/memory-map.js';
import { BoardModel } from '../support/board-model.js';
import { runProgram, type Running } from '../support/module.js';

const RANGE = -8;
const PROTECTED = -7;

interface Exports {
  buffer: WebAssembly.Global;
  sectors(): bigint;
  isWritable(): number;
  read(sector: bigint, count: number): number;
  write(sector: bigint, count: number): number;
  flush(): number;
}

describe('the RAM disk as a block device', () => {
  const image = Uint8Array.from({ length: 8 * 512 }, (_, i) => (i * 7 + (i >> 9)) & 0xff);
  let running: Running<Exports>;
  before(async () => {
    const board = new BoardModel();
    board.ramDisk = image;
    running = await runProgram<Exports>('test/storage/assembly/ram-disk.ts', (memory) => board.imports(memory));
  });

  it('reads sectors where they lie', () => {
    const { exports } = running;
    const from = exports.buffer.value as number;
    for (const [sector, count] of [
      [0n, 1],
      [3n, 4],
      [7n, 1],
    ] as const) {
      assert.equal(exports.read(sector, count), 0);
      const begin = Number(sector) * 512;
      assert.deepEqual(running.bytes().slice(from, from + count * 512), image.slice(begin, begin + count * 512));
    }
  });

  it('has the sectors of the region, and no others', () => {
    const { exports } = running;
    const sectors = BigInt(RAM_DISK_BYTES / 512);
    assert.equal(exports.sectors(), sectors);
    assert.equal(exports.read(sectors - 1n, 1), 0);
    for (const [sector, count] of [
      [sectors, 1],
      [sectors - 1n, 2],
      [-1n, 1],
      [2n ** 40n, 1],
      [0n, 0],
      [0n, -1],
    ] as const)
      assert.equal(exports.read(sector, count), RANGE, `${sector} ${count}`);
  });

  it('refuses to be written', () => {
    const { exports } = running;
    assert.equal(exports.isWritable(), 0);
    assert.equal(exports.write(0n, 1), PROTECTED);
    assert.equal(exports.flush(), 0);
  });
});
