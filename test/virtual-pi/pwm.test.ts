// Statements of BCM2711 ARM Peripherals, 8 (Pulse Width Modulator), against the model: registers, FIFO and flags.

import assert from 'node:assert/strict';
import { Bus } from '../../host-tools/virtual-pi/bus.js';
import { FIFO_WORDS } from '../../host-tools/virtual-pi/pwm/pwm-fifo.js';
import { CTL, DAT1, DAT2, DMAC, FIF1, RNG1, RNG2, STA } from '../../host-tools/virtual-pi/pwm/pwm-registers.js';
import { WRITE_GAP, WRITE_GAP_CLOCKS } from '../../host-tools/virtual-pi/pwm/pwm.js';
import { BOTH, CLRF, DATA, NEVER, PERIOD, PwmRig, RANGE } from './pwm-rig.js';

const FULL = 1 << 0;
const EMPT = 1 << 1;
const WERR = 1 << 2;
const RERR = 1 << 3;
const GAPO1 = 1 << 4;
const GAPO2 = 1 << 5;
const BERR = 1 << 8;
const STA1 = 1 << 9;
const STA2 = 1 << 10;

describe('virtual Pi: PWM registers and flags', () => {
  it('8.6: RNG is 0x20 after reset, both thresholds of DMAC are 7, all else is 0 and the FIFO empty', () => {
    const { pwm } = new PwmRig();
    assert.deepEqual(
      [CTL, STA, DMAC, RNG1, DAT1, RNG2, DAT2].map((offset) => pwm.read(offset)),
      [0, EMPT, 0x707, 0x20, 0, 0x20, 0],
    );
  });

  it('8.6 CTL: bits 14 and 31:16 are reserved, so are STA 31:11 and 7:6, and DMAC 30:16', () => {
    const rig = new PwmRig();
    const bus = new Bus(rig.findings);
    bus.add(rig.pwm);
    for (const [offset, bit] of [
      [CTL, 14],
      [CTL, 16],
      [STA, 6],
      [STA, 11],
      [DMAC, 16],
      [DMAC, 30],
    ] as const)
      bus.write(rig.pwm.base + offset, 2 ** bit);
    assert.deepEqual(
      rig.rules().filter((rule) => rule === 'reserved-bit'),
      Array(6).fill('reserved-bit'),
    );
  });

  it('8.6 CLRF1: clears the FIFO once, and reads as 0', () => {
    const rig = new PwmRig();
    rig.push(1, 2, 3);
    rig.set(CTL, CLRF);
    assert.equal(rig.pwm.read(CTL), 0);
    assert.equal(rig.pwm.read(STA), EMPT);
    rig.push(4);
    assert.equal(rig.pwm.read(STA), 0);
  });

  it('8.6 FULL1, WERR1: a word written when the FIFO is full is lost, and the flag stays until a 1 is written', () => {
    const rig = new PwmRig();
    for (let i = 1; i < FIFO_WORDS; i++) rig.push(i);
    assert.equal(rig.pwm.read(STA), 0);
    rig.push(FIFO_WORDS);
    assert.equal(rig.pwm.read(STA), FULL);
    rig.push(99);
    assert.equal(rig.pwm.read(STA), FULL | WERR);
    rig.pwm.write(STA, 0);
    assert.equal(rig.pwm.read(STA), FULL | WERR);
    rig.pwm.write(STA, WERR);
    assert.equal(rig.pwm.read(STA), FULL);
    assert.equal(rig.pwm.counts().lost, 1);
  });

  it('a word lost to a full FIFO swaps left and right from then on', () => {
    const rig = new PwmRig().sharing();
    rig.push(1, 2);
    // One pair is being played; the FIFO takes 16 words more, and 19, a left one, is lost.
    for (let i = 3; i <= 19; i++) rig.push(i);
    rig.run(PERIOD);
    rig.push(20, 21);
    rig.run(9 * PERIOD);
    assert.deepEqual(rig.words().slice(16), [17, 18, 20, 21]);
  });

  it('8.6 GAPO: set when the FIFO gets empty after a word was sent and the channel waits for the next', () => {
    const rig = new PwmRig().sharing();
    assert.equal(rig.pwm.read(STA), EMPT);
    rig.push(1, 2);
    rig.run(PERIOD - 1);
    assert.equal(rig.pwm.read(STA), EMPT | STA1 | STA2);
    rig.run(1);
    assert.equal(rig.pwm.read(STA), EMPT | GAPO1 | GAPO2 | RERR);
    rig.pwm.write(STA, GAPO2 | RERR);
    assert.equal(rig.pwm.read(STA), EMPT | GAPO1);
    rig.run(10 * PERIOD);
    assert.equal(rig.pwm.read(STA), EMPT | GAPO1);
    assert.deepEqual(rig.pwm.counts().gaps, [1, 1]);
  });

  it('8.6 GAPO: of an odd number of words only channel 2 runs out first', () => {
    const rig = new PwmRig().sharing();
    rig.push(1, 2, 3);
    rig.run(PERIOD);
    assert.equal(rig.pwm.read(STA), EMPT | GAPO2 | RERR | STA1);
    assert.deepEqual(rig.pwm.counts().gaps, [0, 1]);
  });

  it('8.6 GAPO: "if control bit RPTLi is set to high this event will not occur", and the last word is repeated', () => {
    const rig = new PwmRig();
    rig.set(RNG1, RANGE);
    rig.set(CTL, 0xa5 | CLRF);
    rig.push(7);
    rig.run(3 * PERIOD);
    assert.equal(rig.pwm.read(STA), EMPT | STA1);
    assert.deepEqual(rig.words(), [7, 0, 7, 0, 7, 0]);
  });

  it('a gap after a word of 0 is no fall of the level, one after another word is', () => {
    const rig = new PwmRig().sharing();
    rig.push(0, 5);
    rig.run(PERIOD);
    rig.pwm.settle(rig.timeline.now);
    assert.deepEqual(rig.pwm.counts().gaps, [1, 1]);
    assert.deepEqual(rig.pwm.counts().falls, [0, 1]);
  });

  it('8.6 STA1, STA2: whether the channel is transmitting', () => {
    const rig = new PwmRig();
    rig.set(CTL, 0x0001);
    assert.equal(rig.pwm.read(STA) & (STA1 | STA2), STA1);
    rig.set(CTL, 0x0101);
    assert.equal(rig.pwm.read(STA) & (STA1 | STA2), STA1 | STA2);
    rig.set(CTL, 0);
    assert.equal(rig.pwm.read(STA) & (STA1 | STA2), 0);
  });

  it('8.6 BERR: registers written "faster than the synchroniser block can cope with"', () => {
    const rig = new PwmRig();
    rig.pwm.write(RNG1, RANGE);
    rig.run(WRITE_GAP - 1);
    rig.pwm.write(CTL, DATA);
    assert.equal(rig.pwm.read(STA) & BERR, BERR);
    assert.deepEqual(rig.rules(), ['too-soon']);
    rig.pwm.write(STA, BERR);
    assert.equal(rig.pwm.read(STA) & BERR, 0);
    rig.run(WRITE_GAP);
    rig.pwm.write(DAT1, 1);
    assert.equal(rig.pwm.read(STA) & BERR, 0);
  });

  it('8.6 BERR: a slow clock needs longer; STA, DMAC and the FIFO are not on it', () => {
    const slow = WRITE_GAP;
    const rig = new PwmRig(slow);
    rig.pwm.write(DAT1, 1);
    rig.run(WRITE_GAP_CLOCKS * slow - 1);
    rig.pwm.write(STA, 0);
    rig.pwm.write(DMAC, 0);
    rig.pwm.write(FIF1, 0);
    assert.deepEqual(rig.rules(), []);
    rig.pwm.write(DAT2, 1);
    assert.deepEqual(rig.rules(), ['too-soon']);
  });

  it('8.1: "both modes clocked by clk_pwm": an access while it stands is a finding', () => {
    const rig = new PwmRig(NEVER);
    rig.pwm.write(RNG1, RANGE);
    rig.pwm.read(STA);
    rig.pwm.write(FIF1, 1);
    rig.pwm.dmaWrite(FIF1, 1, 0);
    assert.deepEqual(rig.rules(), Array(4).fill('unclocked'));
    rig.pwm.peek(STA);
    assert.equal(rig.findings.count, 4);
  });

  it('8.6 FIF1: "each channel sharing the FIFO should be configured to use the same range value"', () => {
    const rig = new PwmRig();
    rig.set(RNG1, RANGE);
    rig.set(RNG2, RANGE + 1);
    assert.deepEqual(rig.rules(), []);
    rig.set(CTL, BOTH | CLRF);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('8.6 FIF1: "sharing channels must have their RPTLi set to zero"', () => {
    const rig = new PwmRig();
    rig.set(CTL, BOTH | CLRF | 0x4);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('8.6 FIF1: after a change of the channels that share it the FIFO "should be cleared before writing new data"', () => {
    const rig = new PwmRig();
    rig.set(CTL, BOTH);
    rig.push(1);
    assert.deepEqual(rig.rules(), ['forbidden']);
    const later = new PwmRig();
    later.set(CTL, BOTH);
    later.set(CTL, BOTH | CLRF);
    later.push(1);
    later.set(CTL, DATA);
    later.set(CTL, BOTH);
    assert.deepEqual(later.rules(), []);
    later.set(CTL, 0xa181);
    later.push(1);
    assert.deepEqual(later.rules(), ['forbidden']);
  });

  it('a range of 0 has no period, and no word is taken', () => {
    const rig = new PwmRig().sharing(0);
    rig.push(1, 2);
    rig.run(PERIOD);
    assert.deepEqual(rig.words(), []);
    assert.equal(rig.pwm.read(STA), 0);
    assert.ok(rig.rules().includes('forbidden'));
  });

  it('8.4: a word above the range leaves the pin high all period, and is a finding', () => {
    const rig = new PwmRig().sharing();
    rig.push(RANGE, RANGE + 1);
    rig.run(PERIOD);
    assert.deepEqual(rig.words(), [RANGE, RANGE]);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('8.6 FIF1: is not read; what comes is "pwm0"', () => {
    const rig = new PwmRig();
    rig.push(5);
    assert.equal(rig.pwm.read(FIF1), 0x70776d30);
  });
});
