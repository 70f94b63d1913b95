// Lateness at the jack: counted once, and the sound goes on.

import assert from 'node:assert/strict';
import { compileJack, constant, JackRig, largestStep, numbered, places, rampStep } from './jack-rig.js';

let wasm: Uint8Array;

before(async () => {
  wasm = await compileJack();
});

describe('lateness at the jack', () => {
  for (const place of places) {
    it(`is no matter with a fill of 15 ms and steps of 2 ms (${place})`, () => {
      const rig = new JackRig(wasm, place);
      rig.jack.setFillMs(15);
      rig.open(44100);
      const middle = rig.jack.middle();
      for (let i = 0; i < 5; i++) {
        rig.queue = constant(middle, middle, 22_050);
        rig.run(700, 2);
      }
      assert.equal(rig.jack.trackPairsAppended(), 110_250n);
      assert.equal(rig.jack.underruns(), 0);
    });
  }

  for (const place of places) {
    it(`holds the last level for a track that starves, counts it once, and goes on without a bridge (${place})`, () => {
      const rig = new JackRig(wasm, place);
      rig.open(44100);
      rig.starves = true;
      rig.queue.push(...constant(2000, 700, 4000));
      rig.run(400);
      assert.equal(rig.jack.starvations(), 1);
      assert.equal(rig.jack.underruns(), 1);
      rig.starves = false;
      rig.queue.push(...constant(2001, 701, 1000));
      rig.run(60);
      assert.equal(rig.jack.underruns(), 1);
      const words = rig.output();
      const next = words.indexOf(2001);
      assert.deepEqual(words.slice(next - 2, next + 2), [2000, 700, 2001, 701]);
      assert.ok(largestStep(words).step <= 1);
      rig.jack.breakTrack();
      rig.run(300);
      assert.equal(rig.jack.starvations(), 1);
    });
  }

  it('counts a ring that ran dry, and ramps up from 0 again (board)', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    rig.run(200);
    rig.board.advanceTo(rig.board.now + rig.board.ms(500)); // a step that takes far too long
    rig.run(200);
    assert.equal(rig.jack.underruns(), 1);
    const words = rig.output();
    const fall = words.findIndex((word, i) => word === 0 && i > 6000);
    assert.ok(fall > 0, 'the pins fell');
    assert.ok(largestStep(words.slice(fall)).step <= rampStep(2834, 44100));
    assert.equal(words.at(-1), 1417);
    rig.run(500);
    assert.equal(rig.jack.underruns(), 1);
  });

  it('counts a position that overtook what was appended (paced capture)', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.open(44100);
    rig.run(200);
    rig.board.advanceTo(rig.board.now + rig.board.ms(500));
    rig.run(200);
    assert.equal(rig.jack.underruns(), 1);
  });

  it('starts an engine again that missed a link, at the block it would have come to (board)', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    const words = numbered(20_000, rig.jack.range());
    rig.queue.push(...words);
    rig.run(200);
    while (rig.engines.betweenBlocks || !rig.engines.atProgress) rig.engines.step();
    rig.engines.missLink();
    rig.run(500);
    const out = rig.output();
    const from = out.findIndex((word, i) => word === words[0] && out[i + 1] === words[1] && out[i + 2] === words[2]);
    const got = out.slice(from).filter((word, i, all) => word !== 0 || all[i ^ 1] !== 0);
    assert.deepEqual(got.slice(0, words.length), words);
    assert.equal(rig.jack.underruns(), 1, 'the FIFO ran empty meanwhile');
  });

  it('counts GAPO2 and BERR as the hardware tells them', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    rig.run(100);
    rig.pwm.raise = 0x20;
    rig.run(20);
    assert.equal(rig.jack.underruns(), 1);
    rig.pwm.raise = 0x100;
    rig.run(20);
    assert.equal(rig.jack.underruns(), 1);
    assert.equal(rig.jack.registerErrors(), 1);
  });

  it('after WERR clears the FIFO and begins again at the block that was playing', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    rig.queue.push(...constant(1500, 1300, 44100));
    rig.run(200);
    rig.pwm.raise = 0x04;
    rig.run(300);
    assert.equal(rig.jack.writeErrors(), 1);
    assert.equal(rig.jack.underruns(), 1);
    assert.equal(rig.pwm.clears, 1);
    const words = rig.output();
    const from = words.findIndex((word, i) => word === 1500 && words[i + 1] === 1300);
    assert.ok(
      words.slice(from, from + 35_000).every((word, i) => word === (i & 1 ? 1300 : 1500)),
      'right stays right',
    );
    assert.deepEqual(rig.violations(), []);
  });
});
