import assert from 'node:assert/strict';
import { floatWav, Recording } from '../../host-tools/web/page/recording.js';

const piece = (first: number, count: number): { left: Float32Array; right: Float32Array } => ({
  left: Float32Array.from({ length: count }, (_, i) => first + i),
  right: Float32Array.from({ length: count }, (_, i) => -first - i),
});

describe('a recording of the page', () => {
  it('takes as many frames as it may be long, and says when that is', async () => {
    const recording = new Recording(48_000, 150);
    assert.deepEqual([recording.add(piece(1, 100)), recording.full], [true, false]);
    assert.deepEqual([recording.add(piece(101, 100)), recording.full], [false, true]);
    assert.equal(recording.add(piece(201, 100)), false);
    const file = Buffer.from(await floatWav(recording).arrayBuffer());
    assert.equal(file.length, 44 + 150 * 8);
    assert.deepEqual([file.readUInt32LE(4), file.readUInt32LE(40)], [36 + 150 * 8, 150 * 8]);
    for (let i = 0; i < 150; i++)
      assert.deepEqual([file.readFloatLE(44 + i * 8), file.readFloatLE(48 + i * 8)], [i + 1, -i - 1]);
  });

  it('ends long before the lengths of a RIFF file wrap', () => {
    const recording = new Recording(192_000);
    const second = piece(0, 192_000);
    let seconds = 1;
    while (recording.add(second)) seconds++;
    assert.equal(seconds, 600);
    assert.ok(recording.frames * 8 < 2 ** 31);
  });
});
