// Statements of BCM2711 ARM Peripherals, 8 (Pulse Width Modulator), against the model: what the pins do, and when.

import assert from 'node:assert/strict';
import { CTL, DAT1, DAT2, RNG1, RNG2, STA } from '../../host-tools/virtual-pi/pwm/pwm-registers.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import { BOTH, CLOCK, CLRF, DATA, NEVER, PERIOD, PwmRig, RANGE } from './pwm-rig.js';

/** Each run begins where the one before ended. */
function assertContiguous({ runs }: PwmRig): void {
  for (const [i, run] of runs.entries()) {
    const before = runs[i - 1];
    if (before) assert.equal(run.start, before.start + (before.words.length / 2) * before.range * before.clock);
  }
}

describe('virtual Pi: PWM output', () => {
  it('8.6 FIF1: of A B C D E F channel 1 sends A C E and channel 2 sends B D F', () => {
    const rig = new PwmRig().sharing();
    rig.push(10, 20, 11, 21, 12, 22);
    rig.run(3 * PERIOD);
    assert.deepEqual(rig.words(), [10, 20, 11, 21, 12, 22]);
  });

  it('8.6 FIF1: one channel alone sends every word', () => {
    const rig = new PwmRig();
    rig.set(RNG2, RANGE);
    rig.set(CTL, 0xa100 | CLRF);
    rig.push(10, 20, 11);
    rig.run(3 * PERIOD);
    assert.deepEqual(rig.words(), [0, 10, 0, 20, 0, 11]);
  });

  it('8.6 USEF: 0 sends DAT again and again; a change holds from the next period', () => {
    const rig = new PwmRig();
    rig.set(RNG1, RANGE);
    rig.set(RNG2, RANGE);
    rig.set(DAT1, 3);
    rig.set(DAT2, 4);
    rig.pwm.write(CTL, DATA);
    rig.run(2.5 * PERIOD);
    rig.pwm.write(DAT1, 5);
    rig.run(1.5 * PERIOD);
    assert.deepEqual(rig.words(), [3, 4, 3, 4, 3, 4, 5, 4]);
    assert.equal(rig.runs.length, 1);
  });

  it('8.6 USEF: from DAT to a filled FIFO and back without a gap, a period of each to the end', () => {
    const rig = new PwmRig();
    rig.set(RNG1, RANGE);
    rig.set(RNG2, RANGE);
    rig.set(DAT1, 3);
    rig.set(DAT2, 3);
    rig.pwm.write(CTL, DATA);
    rig.run(PERIOD / 2);
    rig.pwm.write(CTL, BOTH | CLRF);
    rig.push(7, 8, 9, 10);
    rig.run(2 * PERIOD);
    rig.pwm.write(CTL, DATA);
    rig.run(2 * PERIOD);
    assert.deepEqual(rig.words(), [3, 3, 7, 8, 9, 10, 3, 3]);
    assert.equal(rig.runs.length, 1);
    assert.equal(rig.pwm.read(STA) & 0x38, 0);
  });

  it('8.6 RNG: a change while the channel runs holds from the next period, and begins a run where the last ended', () => {
    const rig = new PwmRig();
    rig.set(RNG1, RANGE);
    rig.set(DAT1, 3);
    rig.pwm.write(CTL, 0x81);
    rig.run(PERIOD / 2);
    rig.pwm.write(RNG1, RANGE / 2);
    rig.run(1.5 * PERIOD);
    rig.words();
    assert.deepEqual(
      rig.runs.map(({ range, words }) => [range, words.length / 2]),
      [
        [RANGE, 1],
        [RANGE / 2, 2],
      ],
    );
    assertContiguous(rig);
  });

  it('8.6 MSEN, MODE: mark-space with MSEN 1, spread pulses with 0, and with MODE 1 the bits of the word', () => {
    for (const [bits, output] of [
      [0x81, 'mark-space'],
      [0x01, 'balanced'],
      [0x03, 'serial'],
      [0x83, 'serial'],
    ] as const) {
      const rig = new PwmRig();
      rig.set(DAT1, 0x8000_0001);
      rig.pwm.write(CTL, bits);
      rig.run(32 * CLOCK);
      rig.words();
      assert.deepEqual([rig.runs[0]?.output, rig.runs[0]?.range], [output, 32]);
      assert.equal(rig.runs[0]?.words[0], output === 'serial' ? 0x8000_0001 : 32);
    }
  });

  it('8.6 SBIT: the level when nothing is sent; a pin that is high then goes on in periods', () => {
    const rig = new PwmRig();
    rig.set(RNG1, RANGE);
    rig.pwm.write(CTL, 0xa9 | CLRF);
    rig.push(7);
    rig.run(3 * PERIOD);
    assert.deepEqual(rig.words(), [7, 0, RANGE, 0, RANGE, 0]);
    assert.equal(rig.runs.length, 1);
  });

  it('8.6 POLA: 1 inverts the output', () => {
    const rig = new PwmRig();
    rig.set(RNG1, RANGE);
    rig.set(DAT1, 300);
    rig.pwm.write(CTL, 0x91);
    rig.run(PERIOD);
    assert.deepEqual(rig.words(), [700, 0]);
    const serial = new PwmRig();
    serial.set(DAT1, 0x0f0f_0f0f);
    serial.pwm.write(CTL, 0x13);
    serial.run(32 * CLOCK);
    assert.deepEqual(serial.words(), [0xf0f0_f0f0, 0]);
  });

  it('8.6 RPTL: 0 interrupts the output when the FIFO is empty; it goes on when the next word comes', () => {
    const rig = new PwmRig().sharing();
    const begun = rig.timeline.now;
    rig.push(1, 2);
    rig.run(2.5 * PERIOD);
    rig.push(3, 4);
    rig.run(PERIOD);
    assert.deepEqual(rig.words(), [1, 2, 3, 4]);
    assert.deepEqual(
      rig.runs.map(({ start }) => start - begun),
      [0, 2.5 * PERIOD],
    );
  });

  it('after an odd word channel 2 is interrupted alone, and words stay with their channel', () => {
    const rig = new PwmRig().sharing();
    rig.push(1, 2, 3);
    rig.run(1.5 * PERIOD);
    rig.push(4, 5, 6, 7);
    rig.run(2 * PERIOD);
    assert.deepEqual(rig.words(), [1, 2, 3, 0, 5, 4]);
    assert.deepEqual(rig.pwm.counts().gaps, [0, 1]);
  });

  it('an odd word after many pairs is interrupted likewise', () => {
    const rig = new PwmRig().sharing();
    const sent = Array.from({ length: 23 }, (_, i) => i + 1);
    rig.push(...sent.slice(0, 16));
    rig.run(4 * PERIOD);
    rig.push(...sent.slice(16));
    rig.run(7.5 * PERIOD);
    assert.deepEqual(rig.words(), sent.slice(0, 22));
    assert.deepEqual(rig.pwm.counts().gaps, [0, 1]);
    rig.run(PERIOD);
    assert.deepEqual(rig.words(), [...sent, 0]);
  });

  it('8.6 PWEN: a period that is running when both channels are disabled is cut short', () => {
    const rig = new PwmRig();
    rig.set(RNG1, RANGE);
    rig.set(RNG2, RANGE);
    rig.set(DAT1, 500);
    rig.set(DAT2, 100);
    rig.pwm.write(CTL, DATA);
    rig.run(1.3 * PERIOD);
    rig.pwm.write(CTL, 0);
    rig.run(PERIOD);
    assert.deepEqual(rig.words(), [500, 100, 300, 100]);
    assert.deepEqual(
      rig.runs.map(({ range }) => range),
      [RANGE, 300],
    );
    assertContiguous(rig);
  });

  it('a clock that stops holds the period, and it goes on with the clock', () => {
    const rig = new PwmRig().sharing();
    rig.push(1, 2, 3, 4);
    rig.run(PERIOD / 4);
    rig.setClock(NEVER);
    rig.run(MILLISECOND);
    assert.deepEqual(rig.words(), []);
    rig.setClock(2 * CLOCK);
    rig.run(1.5 * PERIOD - 1);
    assert.deepEqual(rig.words(), []);
    rig.run(1);
    assert.deepEqual(rig.words(), [1, 2]);
    assert.equal(rig.runs[0]?.clock, 2 * CLOCK);
  });

  it('a clock that is 300 millionths too fast plays so many periods more', () => {
    const rig = new PwmRig(CLOCK / 1.0003);
    rig.set(RNG1, RANGE);
    rig.pwm.write(CTL, 1);
    rig.run(100_000 * PERIOD + 1);
    assert.equal(rig.words().length / 2, 100_030);
    assert.equal(rig.pwm.counts().periods, 100_030);
    const [first, second] = rig.runs;
    assert.ok(first && second);
    assert.ok(Math.abs(first.start + (first.words.length / 2) * RANGE * rig.period - second.start) < 1);
  });

  it('nothing is lost or doubled between runs: a long row of words comes out as it went in', () => {
    const rig = new PwmRig().sharing();
    const sent: number[] = [];
    for (let at = rig.timeline.now; sent.length < 30_000; at = rig.pwm.dreqAt(at)) {
      sent.push((sent.length * 7) % RANGE);
      rig.pwm.dmaWrite(0x18, sent.at(-1) ?? 0, at);
      if (sent.length % 4567 === 0) rig.pwm.settle(at);
      rig.timeline.runTo(at);
    }
    rig.run(9 * PERIOD);
    assert.deepEqual(rig.words(), sent);
    assertContiguous(rig);
    assert.deepEqual(rig.rules(), []);
  });
});
