// Statements of ARM IHI 0048B (GIC architecture 2.0) and of what the firmware's stub leaves, against the model.

import assert from 'node:assert/strict';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { Gic } from '../../host-tools/virtual-pi/gic/gic.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

const CTLR = 0x000;
const ISENABLER = 0x100;
const ICENABLER = 0x180;
const ISPENDR = 0x200;
const ICPENDR = 0x280;
const ISACTIVER = 0x300;
const IPRIORITYR = 0x400;
const ITARGETSR = 0x800;
const ICFGR = 0xc00;
const SGIR = 0xf00;
const PMR = 0x04;
const IAR = 0x0c;
const EOIR = 0x10;
const RPR = 0x14;
const HPPIR = 0x18;
const DIR = 0x1000;
const UART = 153;
const TIMER = 97;

function made(ids = [UART, TIMER]) {
  const timeline = new Timeline();
  const findings = new Findings(() => timeline.now);
  const gic = new Gic({ timeline, findings });
  const { distributor: d, cpu: c } = gic;
  const setByte = (array: number, id: number, value: number): void => {
    const offset = array + (id & ~3);
    const shift = (id & 3) * 8;
    d.write(offset, ((d.read(offset) & ~(0xff << shift)) | (value << shift)) >>> 0);
  };
  const setBit = (array: number, id: number): void => d.write(array + (id >>> 5) * 4, (1 << (id & 31)) >>> 0);
  const bit = (array: number, id: number): number => (d.read(array + (id >>> 5) * 4) >>> (id & 31)) & 1;
  for (const id of ids) {
    setByte(IPRIORITYR, id, 0xa0);
    setByte(ITARGETSR, id, 1);
    setBit(ISENABLER, id);
  }
  d.write(CTLR, 1);
  const rules = (): string[] => findings.list.map(({ rule, register }) => `${rule} ${register}`);
  return { gic, d, c, setByte, setBit, bit, findings, rules };
}

describe('virtual Pi: GIC', () => {
  it('the stub leaves all ids in group 1, the CPU interface on and the mask open', () => {
    const gic = new Gic({ timeline: new Timeline(), findings: new Findings(() => 0) });
    assert.equal(gic.cpu.read(0), 0x61);
    assert.equal(gic.cpu.read(PMR), 0xf0);
    assert.equal(gic.distributor.read(CTLR), 0);
    assert.equal(gic.distributor.read(0x004), 0xfc67);
  });

  it('4.3.1 GICD_CTLR: nothing is forwarded until the distributor is enabled', () => {
    const { gic, d } = made();
    d.write(CTLR, 0);
    gic.input(UART).set(true);
    assert.equal(gic.irq.level, false);
    d.write(CTLR, 1);
    assert.equal(gic.irq.level, true);
  });

  it('4.4.1 GICC_CTLR: bit 0 of the non-secure view signals group 1', () => {
    const { gic, c } = made();
    gic.input(UART).set(true);
    c.write(0, 0);
    assert.equal(gic.irq.level, false);
    assert.equal(c.read(IAR), 1023);
    c.write(0, 1);
    assert.equal(gic.irq.level, true);
  });

  it('4.3.5 and 4.3.6: a 1 enables or disables an interrupt, a 0 does nothing', () => {
    const { gic, setBit, bit, d } = made();
    gic.input(UART).set(true);
    d.write(ICENABLER + 16, 0);
    assert.equal(bit(ISENABLER, UART), 1);
    setBit(ICENABLER, UART);
    assert.deepEqual([bit(ISENABLER, UART), bit(ICENABLER, UART), gic.irq.level], [0, 0, false]);
    d.write(ICENABLER, 0xffffffff);
    assert.equal(d.read(ISENABLER), 0xffff);
  });

  it('4.4.4 GICC_IAR: gives the id, makes it active and takes the request away', () => {
    const { gic, c, bit } = made();
    gic.input(UART).set(true);
    assert.equal(c.peek(IAR), UART);
    assert.equal(gic.irq.level, true);
    assert.equal(c.read(IAR), UART);
    assert.equal(bit(ISACTIVER, UART), 1);
    assert.equal(gic.irq.level, false);
    assert.equal(c.read(RPR), 0xa0);
  });

  it('4.4.4 GICC_IAR: 1023 when nothing is pending', () => {
    const { c, gic } = made();
    assert.equal(c.read(IAR), 1023);
    const line = gic.input(UART);
    line.set(true);
    line.set(false);
    assert.equal(c.read(IAR), 1023);
  });

  it('4.4.5 GICC_EOIR: ends it; a level that is still there comes again', () => {
    const { gic, c, bit, findings } = made();
    const line = gic.input(UART);
    line.set(true);
    c.write(EOIR, c.read(IAR));
    assert.equal(gic.irq.level, true);
    const value = c.read(IAR);
    line.set(false);
    c.write(EOIR, value);
    assert.deepEqual([gic.irq.level, bit(ISACTIVER, UART), c.read(RPR)], [false, 0, 0xff]);
    assert.equal(findings.count, 0);
  });

  it('4.4.5 GICC_EOIR: must be the value of the last IAR', () => {
    const { gic, c, rules } = made();
    c.write(EOIR, UART);
    gic.input(UART).set(true);
    c.read(IAR);
    c.write(EOIR, TIMER);
    c.write(EOIR, 1023);
    assert.deepEqual(rules(), ['forbidden GICC_EOIR', 'forbidden GICC_EOIR', 'forbidden GICC_EOIR']);
  });

  it('4.3.7 and 4.3.8: pending is set by software; a level stays pending when it is cleared', () => {
    const { gic, setBit, bit } = made();
    setBit(ISPENDR, UART);
    assert.deepEqual([bit(ICPENDR, UART), gic.irq.level], [1, true]);
    setBit(ICPENDR, UART);
    assert.deepEqual([bit(ISPENDR, UART), gic.irq.level], [0, false]);
    gic.input(UART).set(true);
    setBit(ICPENDR, UART);
    assert.deepEqual([bit(ISPENDR, UART), gic.irq.level], [1, true]);
  });

  it('4.3.13 GICD_ICFGR: an edge is kept until it is acknowledged', () => {
    const { gic, d, c } = made([]);
    d.write(ICFGR + (UART >>> 4) * 4, 2 << ((UART & 15) * 2));
    d.write(ITARGETSR + (UART & ~3), 0x01010101);
    d.write(ISENABLER + (UART >>> 5) * 4, 1 << (UART & 31));
    const line = gic.input(UART);
    line.set(true);
    line.set(false);
    assert.equal(c.read(IAR), UART);
    c.write(EOIR, UART);
    assert.equal(gic.irq.level, false);
  });

  it('4.3.13 GICD_ICFGR: must not be changed while the interrupt is enabled', () => {
    const { d, rules } = made();
    d.write(ICFGR + (UART >>> 4) * 4, 0);
    assert.deepEqual(rules(), []);
    d.write(ICFGR + (UART >>> 4) * 4, 2 << ((UART & 15) * 2));
    assert.deepEqual(rules(), ['changed-while-running GICD_ICFGR9']);
  });

  it('4.3.12 GICD_ITARGETSR: an interrupt without this core as its target does not come', () => {
    const { gic, setByte, rules } = made();
    setByte(ITARGETSR, UART, 0);
    gic.input(UART).set(true);
    assert.equal(gic.irq.level, false);
    setByte(ITARGETSR, TIMER, 2);
    gic.input(TIMER).set(true);
    assert.equal(gic.irq.level, false);
    assert.deepEqual(rules(), ['forbidden GICD_ITARGETSR', 'forbidden GICD_ITARGETSR']);
  });

  it('4.3.12 GICD_ITARGETSR: resets to none for devices, is fixed for private ids', () => {
    const { d, setBit, rules } = made([]);
    assert.equal(d.read(ITARGETSR), 0x01010101);
    d.write(ITARGETSR, 0);
    assert.equal(d.read(ITARGETSR), 0x01010101);
    assert.equal(d.read(ITARGETSR + 32), 0);
    setBit(ISENABLER, UART);
    setBit(ISENABLER, 30);
    assert.deepEqual(rules(), ['forbidden GICD_ISENABLER4']);
  });

  it('3.3: the highest priority comes first, of equal ones the lowest id', () => {
    const { gic, c, setByte } = made();
    for (const id of [UART, TIMER]) gic.input(id).set(true);
    assert.equal(c.read(HPPIR), TIMER);
    setByte(IPRIORITYR, UART, 0x40);
    assert.equal(c.read(IAR), UART);
  });

  it('3.3.3: only a higher priority preempts what runs', () => {
    const { gic, c, setByte, findings } = made();
    gic.input(TIMER).set(true);
    assert.equal(c.read(IAR), TIMER);
    gic.input(UART).set(true);
    assert.deepEqual([gic.irq.level, c.read(IAR)], [false, 1023]);
    setByte(IPRIORITYR, UART, 0x40);
    assert.deepEqual([gic.irq.level, c.read(IAR), c.read(RPR)], [true, UART, 0x40]);
    c.write(EOIR, UART);
    c.write(EOIR, TIMER);
    assert.equal(findings.count, 0);
  });

  it('4.4.2 GICC_PMR: only priorities above the mask are signalled', () => {
    const { gic, c } = made();
    gic.input(UART).set(true);
    c.write(PMR, 0xa0);
    assert.equal(gic.irq.level, false);
    c.write(PMR, 0xb0);
    assert.equal(gic.irq.level, true);
  });

  it('3.5.1: the non-secure view has 16 priorities, the low bits read as 0', () => {
    const { d, c } = made([]);
    d.write(IPRIORITYR + 128, 0xa7a0ff0f);
    assert.equal(d.read(IPRIORITYR + 128), 0xa0a0f000);
    c.write(PMR, 0xff);
    assert.equal(c.read(PMR), 0xf0);
  });

  it('4.3.4 GICD_IGROUPR: reads 0 and ignores writes on the non-secure side', () => {
    const { d, rules } = made();
    d.write(0x084, 0xffffffff);
    assert.equal(d.read(0x084), 0);
    assert.deepEqual(rules(), ['forbidden GICD_IGROUPR1']);
  });

  it('4.3.15 GICD_SGIR: makes a software interrupt of this core pending', () => {
    const { gic, d, c } = made();
    d.write(SGIR, (1 << 24) | 3);
    assert.equal(gic.irq.level, false);
    d.write(SGIR, (1 << 16) | 3);
    assert.equal(c.read(IAR), 3);
    c.write(EOIR, 3);
    d.write(SGIR, (2 << 24) | 4);
    assert.equal(c.read(IAR), 4);
  });

  it('4.4.15 GICC_DIR: with EOImode the end drops the priority, DIR deactivates', () => {
    const { gic, c, bit, rules } = made();
    c.write(DIR, UART);
    assert.deepEqual(rules(), ['forbidden GICC_DIR']);
    c.write(0, 0x261);
    gic.input(UART).set(true);
    c.write(EOIR, c.read(IAR));
    assert.deepEqual([c.read(RPR), bit(ISACTIVER, UART), gic.irq.level], [0xff, 1, false]);
    c.write(DIR, UART);
    assert.deepEqual([bit(ISACTIVER, UART), gic.irq.level], [0, true]);
  });

  it('an interrupt of several devices is asserted while any of them asks', () => {
    const { gic } = made();
    const [first, second] = [gic.input(UART), gic.input(UART)];
    first.set(true);
    second.set(true);
    first.set(false);
    assert.equal(gic.irq.level, true);
    second.set(false);
    assert.equal(gic.irq.level, false);
  });
});
