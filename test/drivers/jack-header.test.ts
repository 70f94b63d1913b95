// The header of the ring: what a later module needs.

import assert from 'node:assert/strict';
import { compileJack, constant, JackRig } from './jack-rig.js';

let wasm: Uint8Array;

before(async () => {
  wasm = await compileJack();
});

describe('the header of the ring', () => {
  it('says what a later module needs, with each block', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(48000);
    rig.jack.noteTrack(2);
    rig.queue.push(...constant(1000, 1600, 3000));
    rig.run(100);
    const word = (offset: number): number => rig.board.readVisible(0x1000000 + 512 + offset);
    assert.equal(word(0), 0x4b43414a);
    assert.deepEqual([word(4), word(8), word(12)], [2, 1, 1], 'version, PWM1, open');
    assert.deepEqual([word(16), word(20), word(24)], [48000, 2604, 1]);
    assert.ok(word(28) >= 12, 'blocks');
    assert.equal(BigInt(word(40)), rig.jack.trackPairsAppended());
    assert.equal(word(32) - word(40), word(32) - Number(rig.jack.trackPairsAppended()));
    assert.deepEqual([word(48), word(52)], [1000, 1600]);
    assert.deepEqual([word(56), word(60)], [2, 0]);
  });
});
