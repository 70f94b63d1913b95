// Statements of BCM2711 ARM Peripherals, 8.6 (DMAC), and 4.2.1.3 (Peripheral DREQ Signals), against the model.

import assert from 'node:assert/strict';
import { CTL, DMAC, FIF1, RNG1, RNG2, STA } from '../../host-tools/virtual-pi/pwm/pwm-registers.js';
import { PWM0, PWM1 } from '../../host-tools/virtual-pi/pwm/pwm.js';
import { BOTH, CLOCK, CLRF, DATA, NEVER, PERIOD, PwmRig, RANGE } from './pwm-rig.js';

describe('virtual Pi: PWM and DMA', () => {
  it('4.2.1.3: PWM0 is DREQ 5, PWM1 is DREQ 1', () => {
    assert.deepEqual([PWM0.dreq, PWM1.dreq], [5, 1]);
    assert.equal(new PwmRig().pwm.dreq, 1);
  });

  it('8.6 DMAC DREQ: asks at once while the FIFO holds no more than the threshold', () => {
    const rig = new PwmRig().sharing();
    const at = rig.timeline.now;
    for (let i = 0; i < 2 + 7; i++) {
      assert.equal(rig.pwm.dreqAt(at), at);
      rig.pwm.dmaWrite(FIF1, 1, at);
    }
    assert.equal(rig.pwm.dreqAt(at), at);
    rig.pwm.dmaWrite(FIF1, 1, at);
    assert.equal(rig.pwm.dreqAt(at), at + PERIOD);
  });

  it('8.6 DMAC DREQ: tells when the level will have fallen to the threshold, and then it has', () => {
    for (const threshold of [0, 1, 4, 7, 15]) {
      const rig = new PwmRig().sharing();
      rig.pwm.write(DMAC, (0x8000_0000 | threshold) >>> 0);
      for (let i = 0; i < 18; i++) rig.push(i);
      const begun = rig.timeline.now;
      const asks = rig.pwm.dreqAt(begun);
      assert.equal(asks, begun + Math.ceil((16 - threshold) / 2) * PERIOD);
      rig.run(asks - begun);
      assert.equal(rig.pwm.dreqAt(asks), asks);
    }
  });

  it('8.6 DMAC DREQ: a new range counts from the next period', () => {
    const rig = new PwmRig().sharing();
    for (let i = 0; i < 18; i++) rig.push(i);
    const begun = rig.timeline.now;
    rig.pwm.write(RNG1, 2 * RANGE);
    rig.pwm.write(RNG2, 2 * RANGE);
    const asks = rig.pwm.dreqAt(begun);
    assert.equal(asks, begun + PERIOD + 4 * 2 * PERIOD);
    rig.run(asks - begun);
    assert.equal(rig.pwm.dreqAt(asks), asks);
  });

  it('8.6 DMAC ENAB: 0 asks never', () => {
    const rig = new PwmRig().sharing();
    rig.set(DMAC, 0x707);
    assert.equal(rig.pwm.dreqAt(rig.timeline.now), NEVER);
  });

  it('asks only while a channel is enabled and the clock runs', () => {
    const rig = new PwmRig();
    rig.set(DMAC, 0x8000_0707);
    assert.equal(rig.pwm.dreqAt(rig.timeline.now), NEVER);
    rig.set(CTL, DATA);
    assert.equal(rig.pwm.dreqAt(rig.timeline.now), rig.timeline.now);
    rig.setClock(NEVER);
    assert.equal(rig.pwm.dreqAt(rig.timeline.now), NEVER);
  });

  it('asks never when the FIFO is above the threshold and no channel uses it', () => {
    const rig = new PwmRig();
    rig.set(DMAC, 0x8000_0707);
    rig.set(CTL, DATA);
    for (let i = 0; i < 8; i++) rig.push(i);
    assert.equal(rig.pwm.dreqAt(rig.timeline.now), NEVER);
  });

  it('says when it is asked anew: after a change of its registers and of its clock', () => {
    const rig = new PwmRig();
    let told = 0;
    rig.pwm.onDreq = () => told++;
    rig.set(CTL, BOTH | CLRF);
    rig.set(DMAC, 0x8000_0707);
    assert.equal(told, 2);
    rig.setClock(2 * CLOCK);
    assert.equal(told, 3);
    rig.pwm.dmaWrite(FIF1, 1, rig.timeline.now);
    assert.equal(told, 3);
  });

  it("8.6 DMAC DREQ: a threshold at the FIFO's depth asks while it is full, and words are lost", () => {
    const rig = new PwmRig().sharing();
    rig.pwm.write(DMAC, 0x8000_0010);
    const at = rig.timeline.now;
    for (let i = 0; i < 19; i++) rig.pwm.dmaWrite(FIF1, i, rig.pwm.dreqAt(at));
    assert.equal(rig.pwm.counts().lost, 1);
    assert.equal(rig.pwm.read(STA) & 4, 4);
  });

  it('counts the most and the fewest words in the FIFO, from when it was first filled', () => {
    const rig = new PwmRig().sharing();
    let at = rig.timeline.now;
    rig.push(1, 2, 3);
    assert.equal(rig.pwm.counts().lowest, undefined);
    for (let i = 3; i < 1001; i++) {
      at = rig.pwm.dreqAt(at);
      rig.pwm.dmaWrite(FIF1, i, at);
    }
    assert.deepEqual([rig.pwm.counts().highest, rig.pwm.counts().lowest], [8, 6]);
    assert.deepEqual(rig.pwm.counts().gaps, [0, 0]);
    rig.pwm.settle(at + 3 * PERIOD);
    assert.equal(rig.pwm.counts().lowest, 1);
    rig.pwm.resetCounts();
    assert.deepEqual(rig.pwm.counts(), {
      periods: 0,
      gaps: [0, 0],
      falls: [0, 0],
      lost: 0,
      highest: 1,
      lowest: undefined,
    });
  });
});
