// The level of the jack: it never jumps, whatever is played, on both targets.

import assert from 'node:assert/strict';
import { compileJack, constant, JackRig, largestStep, places, rampStep, State } from './jack-rig.js';

let wasm: Uint8Array;

before(async () => {
  wasm = await compileJack();
});

describe('the level of the jack', () => {
  for (const place of places) {
    it(`rises in 64 ms, rests, and falls without a jump (${place})`, () => {
      for (const rate of [8000, 44100, 192000]) {
        const rig = new JackRig(wasm, place);
        rig.open(rate);
        rig.run(300);
        const { jack } = rig;
        const [carrier, middle, most] = [jack.carrierHz(), jack.middle(), rampStep(jack.range(), jack.carrierHz())];
        rig.close();
        assert.equal(jack.state(), State.closed);
        assert.equal(jack.rateHz(), 0);
        const words = rig.output();
        const top = words.findIndex((_, i) => words[i] === middle && words[i + 1] === middle);
        assert.ok(Math.abs(top / 2 - 0.064 * carrier) < 0.06 * 0.064 * carrier, `${top / 2} pairs up at ${rate} Hz`);
        assert.ok(largestStep(words).step <= most, `${JSON.stringify(largestStep(words))} at ${rate} Hz`);
        assert.deepEqual(words.slice(-2), [0, 0]);
        const up = words.slice(0, top);
        assert.ok(up.every((word, i) => i < 2 || word >= (up[i - 2] as number)));
        const end = words.length - words.toReversed().findIndex((word) => word === middle);
        assert.ok(
          words.slice(top, end).every((word) => word === middle),
          'constant while idle',
        );
        assert.equal(jack.underruns(), 0);
        assert.deepEqual(rig.violations(), []);
      }
    });

    it(`is bridged at start, pause, seek, track change and stop, for extreme levels (${place})`, () => {
      for (const rate of [32000, 44100, 192000]) {
        const rig = new JackRig(wasm, place);
        rig.open(rate);
        const { jack } = rig;
        const [range, most] = [jack.range(), rampStep(jack.range(), jack.carrierHz())];
        const play = (first: number, second: number, ms: number): void => {
          rig.queue.push(...constant(first, second, Math.round((ms * rate) / 1000)));
          rig.run(ms);
          while (rig.queue.length) rig.run(1);
        };
        play(range, 0, 40); // start while the ramp still runs
        rig.run(250); // pause
        play(0, range, 40); // resume
        play(range, range, 30); // seek, at once
        play(0, 0, 30); // the whole way down
        play(range, 0, 1);
        play(0, range, 1);
        rig.close();
        const worst = largestStep(rig.output());
        assert.ok(worst.step <= most, `${JSON.stringify(worst)}, ${most} allowed, at ${rate} Hz`);
        assert.equal(jack.underruns(), 0);
        assert.deepEqual(rig.violations(), []);
      }
    });
  }

  it('is constant for digital silence, from the ramp to the end', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.open(44100);
    const middle = rig.jack.middle();
    for (let track = 0; track < 3; track++) {
      rig.queue.push(...constant(middle, middle, 5000));
      rig.run(200);
    }
    rig.run(300);
    const words = rig.output();
    const top = words.indexOf(middle);
    assert.ok(words.length > 80_000);
    assert.ok(words.slice(top + 2).every((word) => word === middle));
    assert.equal(rig.jack.underruns(), 0);
  });
});
