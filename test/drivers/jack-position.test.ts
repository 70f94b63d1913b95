// The position of the jack: how many pairs were heard, and since when.

import assert from 'node:assert/strict';
import { compileJack, constant, JackRig, largestStep, rampStep, State } from './jack-rig.js';

let wasm: Uint8Array;

before(async () => {
  wasm = await compileJack();
});

describe('the position of the jack', () => {
  it('is exact in a paced capture', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.board.ticksPerCall = 0n;
    rig.open(44100);
    const opened = rig.board.now;
    const middle = rig.jack.middle();
    rig.queue.push(...constant(middle, middle, 44100));
    rig.run(500);
    assert.equal(rig.jack.played(), ((rig.board.now - opened) * 44100n) / rig.board.tickRate);
    const ramp = rig.jack.played() - rig.jack.trackPairsPlayed();
    assert.ok(ramp >= 2822n && ramp < 2824n, `${ramp} pairs of ramp`);
    const first = rig.jack.firstTrackTick() - opened;
    assert.ok(first >= rig.board.ms(64) && first < rig.board.ms(64.1), `${first} ticks`);
    assert.ok(rig.jack.fillPairs() <= 2646 + 512, 'about 60 ms ahead');
  });

  it('is a block behind at most on a board, and knows when the first frame passed', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    const opened = rig.board.now;
    const middle = rig.jack.middle();
    rig.queue.push(...constant(middle, middle, 44100));
    rig.run(500);
    const exact = Number(((rig.board.now - opened) * 44100n) / rig.board.tickRate);
    const played = Number(rig.jack.played());
    assert.ok(played <= exact + 8 && played >= exact - 520, `${played} of ${exact}`);
    const first = rig.jack.firstTrackTick() - opened;
    assert.ok(first >= rig.board.ms(63.9) && first < rig.board.ms(64.2), `${first} ticks`);
  });

  it('counts track blocks as played at once when running free, one a step; the held level takes its time', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.jack.setFree(true);
    rig.open(44100);
    rig.queue = constant(2000, 900, 44100 * 10);
    rig.starves = true;
    let steps = 0;
    while (rig.queue.length) {
      assert.equal(rig.jack.room(), 512);
      rig.appendNow(Math.min(512, rig.queue.length / 2));
      assert.equal(rig.jack.room(), 0);
      assert.equal(rig.jack.service(), 0n);
      steps++;
    }
    assert.equal(steps, Math.ceil(441_000 / 512));
    assert.ok(rig.board.now < rig.board.ms(10));
    assert.equal(rig.jack.trackPairsPlayed(), 441_000n);
    rig.jack.breakTrack();
    const before = rig.output().length / 2;
    rig.run(1000);
    const held = rig.output().length / 2 - before;
    assert.ok(held > 44100 && held < 44100 * 1.12, `${held} pairs in a second`);
    assert.equal(rig.jack.underruns(), 0);
    rig.close();
    assert.equal(rig.jack.state(), State.closed);
    assert.ok(largestStep(rig.output()).step <= rampStep(2834, 44100));
  });
});
