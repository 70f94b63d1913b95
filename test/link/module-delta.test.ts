// What is sent of a new module: with the base, as the board puts it together, it is the module again.

import assert from 'node:assert/strict';
import crc32 from 'crc-32';
import {
  BLOCK_BYTES,
  deltaByBytes,
  deltaBySums,
  literalBytes,
  type Delta,
} from '../../host-tools/link/module-delta.js';
import { random } from '../support/decoder.js';
import { noise } from '../storage/fat-rig.js';

function applied({ ranges, pieces }: Delta, base: Uint8Array, length: number): Buffer {
  const made = Buffer.alloc(length, 0xee);
  for (const { to, from, bytes } of ranges) {
    assert.ok(bytes > 0 && from >= 0 && from + bytes <= base.length, 'a range outside the base');
    made.set(base.subarray(from, from + bytes), to);
  }
  for (const { offset, bytes } of pieces) made.set(bytes, offset);
  return made;
}

const sumsOf = (base: Buffer): number[] =>
  Array.from(
    { length: Math.ceil(base.length / BLOCK_BYTES) },
    (_, i) => crc32.buf(base.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES)) >>> 0,
  );

describe('what of a module is sent', () => {
  it('makes the module again after any edits', () => {
    const { below } = random(5);
    for (let run = 0; run < 300; run++) {
      const base = noise(below(9000), run + 1);
      // Some of it repeats itself, as code does.
      if (base.length > 600) base.copyWithin(400, 100, 300);
      let edited = Buffer.from(base);
      for (let edit = below(6); edit > 0; edit--) {
        const at = below(edited.length + 1);
        const without = below(3) === 0 ? below(200) : 0;
        const fresh = noise(below(3) === 0 ? below(100) : below(3), run * 7 + edit);
        edited = Buffer.concat([edited.subarray(0, at), fresh, edited.subarray(at + without)]);
      }
      for (const delta of [deltaByBytes(edited, base), deltaBySums(edited, base.length, sumsOf(base))])
        assert.ok(applied(delta, base, edited.length).equals(edited), `run ${run}`);
    }
  });

  it('is little when code has moved, nothing when all is there, and all when nothing is', () => {
    const base = noise(100_000, 1);
    const moved = Buffer.concat([base.subarray(0, 5000), Buffer.from('abc'), base.subarray(5000)]);
    assert.equal(literalBytes(deltaByBytes(moved, base)), 3);
    assert.equal(literalBytes(deltaByBytes(base, base)), 0);
    assert.equal(literalBytes(deltaBySums(base, base.length, sumsOf(base))), 0);
    const other = noise(3000, 2);
    assert.equal(literalBytes(deltaByBytes(other, base)), 3000);
  });

  it('is the changed blocks where only their sums are known', () => {
    const base = noise(10 * BLOCK_BYTES + 100, 3);
    const changed = Buffer.from(base);
    changed.writeUInt8(changed.readUInt8(3000) ^ 1, 3000);
    const { pieces } = deltaBySums(changed, base.length, sumsOf(base));
    assert.deepEqual(
      pieces.map(({ offset, bytes }) => [offset, bytes.length]),
      [[2048, 1024]],
    );
  });
});
