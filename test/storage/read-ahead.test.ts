import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runProgram, type Running } from '../support/module.js';

const MiB = 1 << 20;

interface Exports {
  open(size: number): void;
  failAt(offset: number): void;
  read(offset: number, bytes: number): number;
  fill(): number;
  isAhead(): number;
  isWhole(): number;
  failed(): number;
  reads(): number;
  bytesRead(): number;
  odd(): number;
}

describe('storage/read-ahead', () => {
  let ahead: Running<Exports>['exports'];
  before(async () => {
    ahead = (await runProgram<Exports>('test/storage/assembly/read-ahead.ts')).exports;
  });
  const fillUp = (): void => {
    while (ahead.fill()) assert.ok(ahead.isAhead() <= MiB);
  };

  it('reads a file once, in whole sectors, and gives every byte of it', () => {
    const size = 5 * MiB + 77;
    ahead.open(size);
    for (let at = 0; at < size; at += 10_000) {
      assert.equal(ahead.read(at, 10_000), Math.min(10_000, size - at));
      fillUp();
    }
    assert.equal(ahead.read(size, 10), 0);
    assert.equal(ahead.bytesRead(), size);
    assert.equal(ahead.odd(), 0);
    assert.ok(ahead.isWhole());
  });

  it('does not touch the file for what it has ahead, nor for what is just behind', () => {
    ahead.open(8 * MiB);
    ahead.read(0, 100);
    assert.ok(
      ahead.reads() === 1 && ahead.bytesRead() === 512,
      'the first bytes are not waited for longer than needed',
    );
    fillUp();
    const reads = ahead.reads();
    assert.ok(ahead.isAhead() >= MiB - 65_536);
    for (let at = 0; at < MiB - 65_536; at += 4096) assert.equal(ahead.read(at, 4096), 4096);
    assert.equal(ahead.read(1000, 5000), 5000);
    assert.equal(ahead.reads(), reads);
  });

  it('goes to any place, and reads on from there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 * MiB }),
        fc.array(fc.record({ at: fc.nat(3 * MiB), bytes: fc.nat(70_000), fills: fc.nat(40) }), { maxLength: 20 }),
        (size, steps) => {
          ahead.open(size);
          for (const { at, bytes, fills } of steps) {
            assert.equal(ahead.read(at, bytes), Math.max(0, Math.min(bytes, size - at)));
            for (let i = 0; i < fills; i++) ahead.fill();
          }
        },
      ),
      { seed: 2, numRuns: 60 },
    );
    assert.equal(ahead.odd(), 0);
  });

  it('gives what it has when the file fails, then says so, and tries again when it is asked again', () => {
    ahead.open(4 * MiB);
    ahead.failAt(200_000);
    assert.equal(ahead.read(0, 1000), 1000);
    fillUp();
    assert.equal(ahead.failed(), 1);
    assert.equal(ahead.fill(), 0);
    assert.equal(ahead.read(1000, 190_000), 190_000);
    assert.equal(ahead.read(191_000, 20_000), -1);
    ahead.failAt(2 ** 40);
    assert.equal(ahead.read(191_000, 20_000), 20_000);
    assert.equal(ahead.failed(), 0);
  });
});
