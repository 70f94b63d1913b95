// Statements of the SD Host Controller Simplified Specification 3.00 against the model: registers, clock, commands.

import assert from 'node:assert/strict';
import { Sdhci, EMMC1 } from '../../host-tools/virtual-pi/sd/sdhci.js';
import { LOWEST_HZ } from '../../host-tools/virtual-pi/sd/sdhci-clock.js';
import { Line, sharedLine } from '../../host-tools/virtual-pi/device.js';
import { SdSlot } from '../../host-tools/virtual-pi/sd/sd-slot.js';
import { MICROSECOND, NEVER } from '../../host-tools/virtual-pi/time.js';
import {
  ACMD41,
  ARGUMENT,
  CLOCK,
  CMD0,
  CMD13,
  CMD17,
  CMD2,
  CMD3,
  CMD55,
  CMD7,
  CMD8,
  CMD9,
  COMMAND,
  COMPLETE,
  ERROR,
  HOST,
  PRESENT,
  RESPONSE,
  SdhciRig,
  SIGNAL_ENABLE,
  STATUS,
  STATUS_ENABLE,
  TRANSFER,
} from './sdhci-rig.js';

const STABLE = 2;
const N125 = 125 << 8;
/** A clock of the card at 400 kHz. */
const SLOW = 2.5;

/** Up to a card that has been given its address, at 400 kHz. */
function addressed(): SdhciRig {
  const rig = new SdhciRig({ card: { powerUpMs: 0 } }).start();
  rig.good(CMD0);
  rig.good(CMD8, 0x1aa);
  rig.app(ACMD41, 0x40ff_8000);
  rig.good(CMD2);
  rig.rca = rig.good(CMD3) >>> 16;
  return rig;
}

describe('virtual Pi: SDHCI registers', () => {
  it('what a Pi 4 reads at rest: capabilities, version, present state, HOST bit 23', () => {
    const rig = new SdhciRig();
    assert.deepEqual(
      [0x40, 0x44, 0xfc, PRESENT, HOST].map((offset) => rig.get(offset)),
      [0x45ee_6432, 0xa525, 0x1002_0000, 0x1fff_0000, 1 << 23],
    );
    assert.deepEqual(rig.rules(), []);
  });

  it('card detect is not wired: an empty socket reads the same', () => {
    const rig = new SdhciRig();
    rig.slot.pull();
    assert.equal(rig.get(PRESENT), 0x1fff_0000);
  });

  it('2.2.16 Reset All: all but the capabilities is as after power on, and the bit reads 1 until it is done', () => {
    const rig = new SdhciRig().start();
    rig.set(ARGUMENT, 5);
    rig.set(CLOCK, 1 << 24);
    assert.equal(rig.get(CLOCK), 1 << 24);
    rig.us(10);
    assert.deepEqual(
      [ARGUMENT, CLOCK, STATUS_ENABLE, HOST].map((offset) => rig.get(offset)),
      [0, 0, 0, 1 << 23],
    );
    assert.deepEqual(rig.rules(), []);
  });

  it('2.2.16: a register that is written while a reset is under way is lost, and a finding', () => {
    const rig = new SdhciRig();
    rig.set(CLOCK, 1 << 24);
    rig.set(ARGUMENT, 7);
    rig.us(10);
    assert.equal(rig.get(ARGUMENT), 0);
    assert.deepEqual(rig.rules(), ['too-soon']);
  });

  it('reserved bits of BLOCK, COMMAND, HOST and CLOCK are findings, those of the status registers are not', () => {
    const rig = new SdhciRig().start();
    for (const offset of [STATUS, STATUS_ENABLE, SIGNAL_ENABLE]) rig.set(offset, 0xffff_ffff);
    assert.deepEqual(rig.rules(), []);
    rig.set(0x04, 0x8000);
    rig.set(HOST, rig.get(HOST) | (1 << 12));
    rig.set(CLOCK, rig.get(CLOCK) | (1 << 3));
    assert.deepEqual(rig.rules(), ['reserved-bit', 'reserved-bit', 'reserved-bit']);
  });

  it('2.2.11: power at another voltage than 3.3 V is a finding; so is 1.8 V in CONTROL2', () => {
    const rig = new SdhciRig();
    rig.set(HOST, 0xb << 8);
    rig.set(0x3c, 1 << 19);
    assert.deepEqual(rig.rules(), ['forbidden', 'forbidden']);
  });

  it('sdhci-iproc: EMMC1 loses a write that comes within two clocks of the card after another', () => {
    const rig = new SdhciRig({ host: { losesWrites: true } });
    rig.set(CLOCK, N125 | 1);
    rig.us(2 * SLOW);
    rig.set(ARGUMENT, 1);
    rig.us(2 * SLOW - 0.1);
    rig.set(ARGUMENT, 2);
    assert.equal(rig.get(ARGUMENT), 1);
    assert.deepEqual(rig.rules(), ['too-soon']);
    rig.us(2 * SLOW);
    rig.set(ARGUMENT, 3);
    assert.equal(rig.get(ARGUMENT), 3);
  });

  it('EMMC1 stands at 0xfe300000 and has no capabilities; one interrupt line is shared', () => {
    const { timeline, findings, slot } = new SdhciRig();
    const host = new Sdhci({ timeline, findings }, { ...EMMC1, clock: () => NEVER, slot: new SdSlot(() => 0) });
    assert.deepEqual([host.base, host.read(0x40), host.read(0x44)], [0xfe30_0000, 0, 0]);
    assert.ok(slot.card);
    const [one, two] = [new Line(), new Line()];
    const shared = sharedLine([one, two]);
    one.set(true);
    two.set(true);
    one.set(false);
    assert.equal(shared.level, true);
    two.set(false);
    assert.equal(shared.level, false);
  });
});

describe('virtual Pi: SDHCI clock', () => {
  it('3.2.1: Internal Clock Stable comes some time after Internal Clock Enable', () => {
    const rig = new SdhciRig();
    rig.set(CLOCK, N125 | 1);
    assert.equal(rig.get(CLOCK) & STABLE, 0);
    rig.us(100);
    assert.equal(rig.get(CLOCK) & STABLE, STABLE);
  });

  it('3.2.1: the SD clock before it is a finding', () => {
    const rig = new SdhciRig();
    rig.set(CLOCK, N125 | 5);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('2.2.14: 10 bits of divider; N = 0 is the base clock, else it is divided by 2 N', () => {
    const lasts = (divider: number): number => {
      const rig = new SdhciRig({ card: { powerUpMs: 0 } }).start(divider);
      rig.set(COMMAND, CMD0);
      const begin = rig.timeline.now;
      while ((rig.get(STATUS) & COMPLETE) === 0) rig.timeline.runTo(rig.timeline.nextAt);
      return (rig.timeline.now - begin) / MICROSECOND / 48;
    };
    assert.ok(Math.abs(lasts(125) - SLOW) < 1e-9);
    assert.ok(Math.abs(lasts(0x100) - 5.12) < 1e-9);
    assert.ok(Math.abs(lasts(0) - 0.01) < 1e-9);
  });

  it('3.2.3: the divider changed while the SD clock is on is a finding', () => {
    const rig = new SdhciRig().start();
    rig.set(CLOCK, 0xe_0000 | (2 << 8) | 5);
    assert.ok(rig.rules().includes('changed-while-running'));
  });

  it('3.2.2: the SD clock stopped with a command under way is a finding, and not after its end', () => {
    const rig = new SdhciRig().start();
    rig.set(COMMAND, CMD0);
    rig.set(CLOCK, rig.get(CLOCK) & ~4);
    assert.deepEqual(rig.rules(), ['changed-while-running']);
    const other = new SdhciRig().start();
    other.good(CMD0);
    other.set(CLOCK, other.get(CLOCK) & ~4);
    assert.deepEqual(other.rules(), []);
  });

  it('sdhci-iproc, PLSS 6.7: an SD clock below 200 kHz or above 50 MHz is a finding, the limits are not', () => {
    assert.equal(LOWEST_HZ, 200_000);
    assert.deepEqual(new SdhciRig().start(250).rules(), []);
    assert.deepEqual(new SdhciRig().start(255).rules(), ['forbidden']);
    assert.deepEqual(new SdhciRig().start(1).rules(), []);
    assert.deepEqual(new SdhciRig().start(0).rules(), ['forbidden']);
  });

  it('2.2.14: with its base clock standing it never gets stable', () => {
    const rig = new SdhciRig();
    rig.period = NEVER;
    rig.set(CLOCK, N125 | 1);
    rig.ms(200);
    assert.equal(rig.get(CLOCK) & STABLE, 0);
    assert.deepEqual(rig.rules(), ['unclocked']);
  });

  it('2.2.14: there is no programmable clock', () => {
    const rig = new SdhciRig();
    rig.set(CLOCK, 0x21);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });
});

describe('virtual Pi: SDHCI commands', () => {
  it('2.2.6: writing the word sends the command; inhibit is set until its reply, then Command Complete', () => {
    const rig = addressed();
    rig.set(STATUS, 0xffff_ffff);
    rig.set(ARGUMENT, rig.rca << 16);
    rig.set(COMMAND, CMD13);
    // 48 clocks of command, 8 until the reply, 48 of reply.
    rig.us(104 * SLOW - 0.1);
    assert.equal(rig.get(PRESENT) & 3, 1);
    assert.equal(rig.get(STATUS), 0);
    rig.us(0.2);
    assert.equal(rig.get(PRESENT) & 3, 0);
    assert.equal(rig.get(STATUS), COMPLETE);
    assert.deepEqual(rig.rules(), []);
  });

  it('2.2.9: a command while Command Inhibit (CMD) is set is lost, and a finding', () => {
    const rig = new SdhciRig().start();
    rig.set(COMMAND, CMD0);
    rig.set(COMMAND, CMD0);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('2.2.18: no reply within 64 clocks is a Command Timeout Error, and no Command Complete', () => {
    const rig = new SdhciRig().start();
    rig.slot.pull();
    rig.set(COMMAND, CMD8);
    rig.us((48 + 64) * SLOW - 0.1);
    assert.equal(rig.get(STATUS), 0);
    rig.us(0.2);
    assert.equal(rig.get(STATUS), (1 << 16) | ERROR);
  });

  it('3.10.1: after an error the CMD line must be reset, which clears inhibit', () => {
    const rig = new SdhciRig().start();
    rig.card.faults.crcError('command');
    rig.command(CMD8, 0x1aa);
    assert.equal(rig.get(PRESENT) & 1, 1);
    rig.resetLines();
    assert.equal(rig.get(PRESENT) & 3, 0);
    assert.equal(rig.command(CMD8, 0x1aa), COMPLETE);
    assert.deepEqual(rig.rules(), []);
  });

  it('3.10.1: a command after a CRC error without that reset is a finding', () => {
    const rig = new SdhciRig().start();
    rig.card.faults.crcError('response');
    assert.equal(rig.command(CMD8, 0x1aa) & (1 << 17), 1 << 17);
    assert.equal(rig.command(CMD8, 0x1aa), COMPLETE);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('2.2.18 CRC: without Command CRC Check a damaged reply passes', () => {
    const rig = new SdhciRig().start();
    rig.card.faults.crcError('response');
    assert.equal(rig.command(CMD8 & ~(1 << 19), 0x1aa), COMPLETE);
    assert.match(rig.texts()[0] ?? '', /R7/);
  });

  it('2.2.18 Index: R3 carries 63 and no CRC, so checks on ACMD41 are errors, and a finding', () => {
    const rig = new SdhciRig().start();
    rig.good(CMD0);
    rig.good(CMD55);
    const status = rig.command(0x291a_0000, 0xff_8000);
    assert.equal(status >>> 16, 0b1010);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('2.2.7: a long reply stands in the four words without its CRC byte: bits 127:8', () => {
    const rig = addressed();
    rig.good(CMD9, rig.rca << 16);
    const words = [0, 4, 8, 12].map((at) => rig.get(RESPONSE + at));
    // CSD 2.0 of 4 GiB: CSD_STRUCTURE 127:126 = 1, READ_BL_LEN 83:80 = 9, C_SIZE 69:48 = 8191.
    const bit = (high: number, low: number): number => {
      let value = 0;
      for (let i = high; i >= low; i--) value = value * 2 + (((words[(i - 8) >> 5] ?? 0) >>> ((i - 8) & 31)) & 1);
      return value;
    };
    assert.deepEqual([bit(127, 126), bit(83, 80), bit(69, 48), bit(103, 96)], [1, 9, 8191, 0x32]);
    assert.equal((words[3] ?? 0) >>> 24, 0);
  });

  it('2.2.6: a long reply where a short one is asked for is an error', () => {
    const rig = addressed();
    assert.notEqual(rig.command(0x091a_0000, rig.rca << 16) & ERROR, 0);
    assert.match(rig.texts()[0] ?? '', /R2/);
  });

  it('2.2.17: R1b sets Transfer Complete when busy is over, Command Inhibit (DAT) until then', () => {
    const rig = addressed();
    assert.equal(rig.command(CMD7, rig.rca << 16) & COMPLETE, COMPLETE);
    assert.equal(rig.until(STATUS, TRANSFER) & TRANSFER, TRANSFER);
    assert.equal(rig.get(PRESENT) & 2, 0);
    assert.deepEqual(rig.rules(), []);
  });

  it('2.2.17: a 1 clears a bit, a 0 leaves it; Error Interrupt cannot be cleared by itself', () => {
    const rig = new SdhciRig().start();
    rig.slot.pull();
    rig.command(CMD8);
    rig.set(STATUS, ERROR);
    assert.equal(rig.get(STATUS), (1 << 16) | ERROR);
    rig.set(STATUS, 1 << 16);
    assert.equal(rig.get(STATUS), 0);
  });

  it('2.2.19: what is not enabled is not latched', () => {
    const rig = new SdhciRig().start();
    rig.set(STATUS_ENABLE, 0);
    rig.set(COMMAND, CMD0);
    rig.ms(1);
    assert.equal(rig.get(STATUS), 0);
    rig.set(STATUS_ENABLE, COMPLETE);
    assert.equal(rig.get(STATUS), 0);
  });

  it('2.2.19: status that is disabled again is gone', () => {
    const rig = new SdhciRig().start();
    rig.good(CMD0);
    rig.set(STATUS_ENABLE, 0);
    rig.set(STATUS_ENABLE, COMPLETE);
    assert.equal(rig.get(STATUS), 0);
  });

  it('2.2.21: the interrupt line follows status and signal enable, and nobody has to look', () => {
    const rig = new SdhciRig().start();
    rig.set(SIGNAL_ENABLE, COMPLETE);
    const times: boolean[] = [];
    rig.host.irq.watch((level) => times.push(level));
    rig.set(COMMAND, CMD0);
    rig.ms(1);
    assert.deepEqual(times, [true]);
    assert.equal(rig.get(0xfc), 0x1002_0001);
    rig.set(STATUS, COMPLETE);
    assert.deepEqual(times, [true, false]);
  });

  it('3.2.2, 2.2.11: a command without SD clock, or without power, is a finding', () => {
    const dark = new SdhciRig().start();
    dark.set(CLOCK, dark.get(CLOCK) & ~4);
    dark.set(COMMAND, CMD0);
    dark.ms(10);
    assert.equal(dark.get(STATUS), 0);
    assert.equal(dark.rules()[0], 'unclocked');
    const off = new SdhciRig().start();
    off.set(HOST, 0);
    assert.notEqual(off.command(CMD8, 0x1aa) & (1 << 16), 0);
    assert.deepEqual(off.rules(), ['forbidden']);
  });

  it('PLSS 6.4.1: a command before the card has had 74 clocks is a finding, whatever its divider', () => {
    const early = new SdhciRig();
    early.set(HOST, 0xf << 8);
    early.clock(125);
    early.us(73 * SLOW);
    early.set(COMMAND, CMD0);
    assert.deepEqual(early.rules(), ['too-soon']);
    const late = new SdhciRig();
    late.set(HOST, 0xf << 8);
    late.clock(125);
    late.us(74 * SLOW);
    late.set(COMMAND, CMD0);
    assert.deepEqual(late.rules(), []);
  });

  it('PLSS 4.2.1: in identification the clock is 400 kHz at most; 25 MHz in default speed', () => {
    const rig = new SdhciRig().start(2);
    rig.good(CMD0);
    assert.deepEqual(rig.rules(), ['forbidden']);
    const fast = addressed();
    fast.clock(1);
    fast.good(CMD7, fast.rca << 16);
    assert.deepEqual(fast.rules(), ['forbidden']);
  });

  it('3.7.1.1: a command on top of the status of the one before it is a finding', () => {
    const rig = new SdhciRig().start();
    rig.set(COMMAND, CMD0);
    rig.ms(1);
    rig.set(COMMAND, CMD0);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('2.2.5, 2.2.6: data bits that are not the command’s are findings', () => {
    for (const word of [CMD17 & ~(1 << 21), CMD17 & ~0x10, CMD17 | 0x20]) {
      const rig = new SdhciRig().identify();
      rig.set(0x04, 512 | (1 << 16));
      rig.command(word, 0);
      assert.equal(rig.rules()[0], 'forbidden', word.toString(16));
    }
  });

  it('2.2.5: DMA and Auto CMD23 are not modelled, and findings', () => {
    for (const bit of [1, 8]) {
      const rig = new SdhciRig().identify();
      rig.set(0x04, 512 | (1 << 16));
      rig.command(CMD17 | bit, 0);
      assert.match(rig.texts().join(), /not modelled/);
    }
  });

  it('CMD1, by which a host asks for an MMC, is no finding and has no answer', () => {
    const rig = new SdhciRig().start();
    rig.good(CMD0);
    assert.notEqual(rig.command(0x0102_0000, 0x40ff_8000) & (1 << 16), 0);
    assert.deepEqual(rig.rules(), []);
  });

  it('2.2.16 Reset CMD: Command Complete goes, other status stays', () => {
    const rig = addressed();
    rig.command(CMD7, rig.rca << 16);
    rig.until(STATUS, TRANSFER);
    rig.set(CLOCK, (rig.get(CLOCK) & 0xf_ffff) | (1 << 25));
    assert.equal(rig.get(STATUS), TRANSFER);
  });
});
