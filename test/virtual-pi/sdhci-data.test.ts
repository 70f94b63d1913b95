// Statements of the SD Host Controller Simplified Specification 3.00 against the model: data by the port, busy, aborts.

import assert from 'node:assert/strict';
import {
  ACMD51,
  BLOCK,
  CLOCK,
  CMD12,
  CMD13,
  CMD17,
  CMD18,
  CMD18_AUTO,
  CMD24,
  CMD25_AUTO,
  CMD55,
  CMD6,
  COMMAND,
  COMPLETE,
  DATA,
  ERROR,
  HOST,
  PRESENT,
  pattern,
  READ_READY,
  RESPONSE,
  SdhciRig,
  SIGNAL_ENABLE,
  STATUS,
  TRANSFER,
  WRITE_READY,
} from './sdhci-rig.js';

const INHIBIT_DAT = 1 << 1;
const READ_ENABLE = 1 << 11;
const WRITE_ENABLE = 1 << 10;
const DAT0 = 1 << 20;
const DATA_TIMEOUT = 1 << 20;
const DATA_CRC = 1 << 21;
/** 25 MHz: 1024 clocks of data on four lines and 18 around them. */
const BLOCK_US = (1024 + 18) * 0.04;

const sector = (from: number, count = 1): Uint8Array => pattern(64).subarray(512 * from, 512 * (from + count));

/** A read of `count` blocks from sector 0 that has been replied to. */
function reading(count: number, rig = new SdhciRig({ card: { readMs: 0 } }).identify()): SdhciRig {
  rig.set(BLOCK, 512 | (count << 16));
  rig.good(count === 1 ? CMD17 : CMD18_AUTO, 0);
  return rig;
}

describe('virtual Pi: SDHCI reads by the data port', () => {
  it('3.7.2: a block, and several with Auto CMD12, are what lies on the card, with no finding', () => {
    const rig = new SdhciRig().identify();
    assert.deepEqual(rig.readSectors(5, 1), sector(5));
    assert.deepEqual(rig.readSectors(3, 10), sector(3, 10));
    assert.deepEqual(rig.rules(), []);
  });

  it('a block takes its clocks on the lines: 1042 of 40 ns after the access time', () => {
    const rig = new SdhciRig({ card: { readMs: 2 } }).identify();
    rig.set(BLOCK, 512 | (1 << 16));
    rig.set(0x08, 0);
    rig.set(STATUS, 0xffff_ffff);
    rig.set(COMMAND, CMD17);
    rig.us(48 * 0.04 + 2000 + BLOCK_US - 0.1);
    assert.equal(rig.get(STATUS), COMPLETE);
    rig.us(0.2);
    assert.equal(rig.get(STATUS), COMPLETE | READ_READY);
  });

  it('2.2.9 Buffer Read Enable is a level: set while a block is there, clear when its last word is read', () => {
    const rig = reading(1);
    rig.words(127);
    assert.equal(rig.get(PRESENT) & READ_ENABLE, READ_ENABLE);
    rig.get(DATA);
    assert.equal(rig.get(PRESENT) & READ_ENABLE, 0);
  });

  it('2.2.17 Buffer Read Ready latches once a block, and stays until it is cleared', () => {
    const rig = reading(2);
    rig.ms(1);
    assert.equal(rig.get(STATUS) & READ_READY, READ_READY);
    rig.set(STATUS, READ_READY);
    rig.ms(1);
    assert.equal(rig.get(STATUS) & READ_READY, 0);
    for (let i = 0; i < 128; i++) rig.get(DATA);
    assert.equal(rig.get(STATUS) & READ_READY, READ_READY);
    assert.deepEqual(rig.rules(), []);
  });

  it('3.7.2.1: cleared after the block was read, the next rise is lost; reading like that is a finding', () => {
    const rig = reading(2);
    rig.ms(1);
    for (let i = 0; i < 128; i++) rig.get(DATA);
    rig.set(STATUS, READ_READY);
    rig.ms(100);
    assert.equal(rig.get(STATUS) & READ_READY, 0);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('2.2.8: read before a block is there gives garbage and is a finding; so is a word too many', () => {
    const rig = reading(1, new SdhciRig().identify());
    assert.equal(rig.get(DATA), 0xbad0_da7a);
    assert.equal(rig.findings.count, 1);
    rig.words(128);
    rig.get(DATA);
    assert.equal(rig.findings.count, 2);
  });

  it('2.2.17 Transfer Complete comes when the last word has been read, with Command Inhibit (DAT) until then', () => {
    const rig = reading(1);
    rig.words(127);
    rig.ms(1);
    assert.equal(rig.get(STATUS) & TRANSFER, 0);
    // Read Transfer Active and inhibit; the lines themselves are through.
    assert.equal(rig.get(PRESENT) & 0x307, 0x202);
    rig.get(DATA);
    assert.equal(rig.get(STATUS) & TRANSFER, TRANSFER);
    assert.equal(rig.get(PRESENT) & 7, 0);
  });

  it('the clock of a full buffer stands: a program that comes late loses nothing', () => {
    const rig = reading(8);
    const bytes = new Uint8Array(8 * 512);
    for (let i = 0; i < 8; i++) {
      rig.ms(20);
      bytes.set(new Uint8Array(rig.words().buffer), 512 * i);
    }
    assert.deepEqual(bytes, sector(0, 8));
    assert.deepEqual(rig.rules(), []);
  });

  it('2.2.3: the block count counts down', () => {
    const rig = reading(4);
    rig.words();
    rig.ms(1);
    assert.equal(rig.get(BLOCK) >>> 16, 1);
    for (let i = 0; i < 3; i++) rig.words();
    assert.equal(rig.get(BLOCK), 512);
  });

  it('2.2.5 Auto CMD12: the card is back in the transfer state, its status in the last response word', () => {
    const rig = reading(2);
    rig.words();
    rig.words();
    rig.until(STATUS, TRANSFER);
    assert.equal(rig.card.state, 'tran');
    assert.equal((rig.get(RESPONSE + 12) >>> 9) & 15, 5);
  });

  it('2.2.23: an Auto CMD12 without a reply is an Auto CMD Error of timeout', () => {
    const rig = reading(2);
    rig.card.faults.crcError('command');
    rig.words();
    rig.words();
    assert.equal(rig.until(STATUS, ERROR) >>> 16, 1 << 8);
    assert.equal(rig.get(0x3c) & 0x1f, 2);
  });

  it('blocks of other sizes: SCR has two words, the switch status sixteen', () => {
    const rig = new SdhciRig().identify();
    rig.set(BLOCK, 8 | (1 << 16));
    rig.app(ACMD51);
    assert.equal(rig.words(2)[0], 0x0080_3502);
    assert.equal(rig.get(STATUS) & TRANSFER, TRANSFER);
    rig.set(BLOCK, 64 | (1 << 16));
    rig.good(CMD6, 0x00ff_fff1);
    assert.equal((rig.words(16)[4] ?? 0) & 0xf, 1);
    assert.deepEqual(rig.rules(), []);
  });

  it('2.2.2: another block size than the card’s is a CRC error and a finding', () => {
    const rig = new SdhciRig().identify();
    rig.set(BLOCK, 256 | (1 << 16));
    rig.good(CMD17, 0);
    assert.notEqual(rig.until(STATUS, ERROR) & DATA_CRC, 0);
    assert.equal(rig.findings.count, 1);
  });

  it('2.2.10: another width than the card’s is a CRC error and a finding', () => {
    const rig = new SdhciRig().identify();
    rig.set(HOST, rig.get(HOST) & ~2);
    rig.set(BLOCK, 512 | (1 << 16));
    rig.good(CMD17, 0);
    assert.notEqual(rig.until(STATUS, ERROR) & DATA_CRC, 0);
    assert.equal(rig.findings.count, 1);
  });

  it('2.2.2, 2.2.5: a block size of 0, and several blocks with a count of 0, are findings', () => {
    const none = new SdhciRig().identify();
    none.set(BLOCK, 1 << 16);
    none.command(CMD17, 0);
    assert.equal(none.rules()[0], 'forbidden');
    const zero = new SdhciRig().identify();
    zero.set(BLOCK, 512);
    zero.command(CMD18_AUTO, 0);
    assert.equal(zero.rules()[0], 'forbidden');
  });

  it('2.2.9: a command for the data lines while DAT is inhibited is lost, CMD13 is not', () => {
    const rig = reading(2);
    assert.equal(rig.good(CMD13, rig.rca << 16) & ERROR, 0);
    assert.deepEqual(rig.rules(), []);
    rig.set(STATUS, COMPLETE);
    rig.set(COMMAND, CMD17);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('2.2.2: the block register written in a transfer is lost, and a finding', () => {
    const rig = reading(4);
    rig.set(BLOCK, 64);
    assert.equal(rig.get(BLOCK) & 0xfff, 512);
    assert.deepEqual(rig.rules(), ['changed-while-running']);
  });

  it('2.2.21: with its signal enabled a block interrupts by itself', () => {
    const rig = new SdhciRig().identify();
    rig.set(SIGNAL_ENABLE, READ_READY);
    let rose = 0;
    rig.host.irq.watch((level) => (rose += level ? 1 : 0));
    reading(1, rig);
    rig.ms(5);
    assert.equal(rose, 1);
  });
});

describe('virtual Pi: SDHCI errors in data', () => {
  it('2.2.15: the data timeout is the timeout clock times 2^(13 + value): 0.16384 s at 50 kHz and 0', () => {
    const rig = new SdhciRig().identify();
    rig.set(CLOCK, rig.get(CLOCK) & ~0xf_0000);
    rig.card.faults.late(100_000);
    rig.set(BLOCK, 512 | (1 << 16));
    rig.good(CMD17, 0);
    rig.ms(163.7);
    assert.equal(rig.get(STATUS) & ERROR, 0);
    rig.ms(0.3);
    assert.equal(rig.get(STATUS) >>> 16, DATA_TIMEOUT >>> 16);
  });

  it('2.2.15: with the longest value nobody is told for minutes', () => {
    const rig = new SdhciRig().identify();
    rig.card.faults.failSector(0);
    rig.set(BLOCK, 512 | (1 << 16));
    rig.good(CMD17, 0);
    rig.ms(60_000);
    assert.equal(rig.get(STATUS), COMPLETE);
    assert.equal(rig.get(PRESENT) & INHIBIT_DAT, INHIBIT_DAT);
  });

  it('2.2.18 Data CRC Error ends the transfer; DAT stays inhibited until Software Reset for DAT', () => {
    const rig = new SdhciRig().identify();
    rig.card.faults.crcError('data');
    rig.set(BLOCK, 512 | (1 << 16));
    rig.good(CMD17, 0);
    assert.equal(rig.until(STATUS, ERROR) & DATA_CRC, DATA_CRC);
    assert.equal(rig.get(STATUS) & TRANSFER, 0);
    assert.equal(rig.get(PRESENT) & INHIBIT_DAT, INHIBIT_DAT);
    rig.resetLines();
    assert.equal(rig.get(PRESENT) & INHIBIT_DAT, 0);
    assert.deepEqual(rig.readSectors(0, 1), sector(0));
    assert.deepEqual(rig.rules(), []);
  });

  it('3.10.1: a data command without a reply leaves DAT inhibited too', () => {
    const rig = new SdhciRig().identify();
    rig.card.faults.crcError('command');
    rig.set(BLOCK, 512 | (1 << 16));
    rig.command(CMD17, 0);
    assert.equal(rig.get(PRESENT) & 3, 3);
    rig.resetLines();
    assert.equal(rig.get(PRESENT) & 3, 0);
  });

  it('2.2.8: Software Reset for DAT with a block read in part is a finding', () => {
    const rig = reading(1);
    rig.words(100);
    rig.resetLines();
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('a card pulled between the blocks: no data, no reply, and no finding', () => {
    const rig = reading(16);
    rig.words();
    rig.slot.pull();
    rig.set(STATUS, COMPLETE);
    assert.notEqual(rig.command(CMD13, rig.rca << 16) & (1 << 16), 0);
    rig.resetLines();
    assert.deepEqual(rig.rules(), []);
  });
});

describe('virtual Pi: SDHCI aborts', () => {
  it('3.8: CMD12 of type abort ends a read; a software reset, and the next one works', () => {
    const rig = reading(16);
    rig.words();
    rig.good(CMD12);
    rig.until(STATUS, TRANSFER);
    rig.resetLines();
    assert.equal(rig.card.state, 'tran');
    assert.deepEqual(rig.readSectors(9, 2), sector(9, 2));
    assert.deepEqual(rig.rules(), []);
  });

  it('3.8: an abort within a block leaves words of it, and that is no finding', () => {
    const rig = reading(16);
    rig.words(60);
    rig.good(CMD12);
    rig.resetLines();
    assert.deepEqual(rig.readSectors(9, 1), sector(9));
    assert.deepEqual(rig.rules(), []);
  });

  it('3.8: data after an abort without that reset is a finding', () => {
    const rig = reading(16);
    rig.words();
    rig.good(CMD12);
    rig.until(STATUS, TRANSFER);
    rig.set(BLOCK, 512 | (1 << 16));
    rig.command(CMD17, 0);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('2.2.6: CMD12 in a transfer that is not of type abort is a finding', () => {
    const rig = reading(16);
    rig.words();
    rig.command(0x0c1a_0000);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('2.2.5: without Auto CMD12 the transfer completes by the count, and the card waits for CMD12', () => {
    const rig = new SdhciRig().identify();
    rig.set(BLOCK, 512 | (2 << 16));
    rig.good(CMD18, 0);
    rig.words();
    rig.words();
    rig.until(STATUS, TRANSFER);
    assert.equal(rig.card.state, 'data');
    rig.good(CMD12);
    assert.equal(rig.card.state, 'tran');
    assert.deepEqual(rig.rules(), []);
  });
});

describe('virtual Pi: SDHCI writes by the data port', () => {
  it('3.7.2: a block, and several with Auto CMD12, lie on the card then, and the image is not touched', () => {
    const image = pattern(64);
    const rig = new SdhciRig({ image }).identify();
    const bytes = pattern(70).subarray(512 * 60);
    assert.equal(rig.writeSectors(1, bytes.subarray(0, 512)) & (TRANSFER | ERROR), TRANSFER);
    assert.equal(rig.writeSectors(20, bytes) & (TRANSFER | ERROR), TRANSFER);
    assert.deepEqual(rig.readSectors(1, 1), bytes.slice(0, 512));
    assert.deepEqual(rig.readSectors(20, 10), bytes.slice());
    assert.deepEqual(image, pattern(64));
    assert.deepEqual(rig.rules(), []);
  });

  it('2.2.17: Transfer Complete comes when the card is no longer busy; DAT0 is low until then', () => {
    const rig = new SdhciRig({ card: { writeMs: 30 } }).identify();
    rig.set(BLOCK, 512 | (1 << 16));
    rig.good(CMD24, 4);
    rig.fill(sector(0));
    rig.ms(29);
    assert.equal(rig.get(STATUS) & TRANSFER, 0);
    assert.equal(rig.get(PRESENT) & (DAT0 | 0x307), 0x106);
    rig.ms(2);
    assert.equal(rig.get(STATUS) & TRANSFER, TRANSFER);
    assert.equal(rig.get(PRESENT) & (DAT0 | INHIBIT_DAT), DAT0);
  });

  it('2.2.17 Buffer Write Ready comes after the reply, once for each block and not once more', () => {
    const rig = new SdhciRig().identify();
    rig.set(BLOCK, 512 | (3 << 16));
    rig.good(CMD25_AUTO, 8);
    let asked = 0;
    for (let i = 0; i < 100; i++) {
      rig.us(100);
      if ((rig.get(STATUS) & WRITE_READY) === 0) continue;
      asked++;
      rig.fill(sector(i % 3));
    }
    assert.equal(asked, 3);
    assert.equal(rig.get(PRESENT) & WRITE_ENABLE, 0);
    assert.deepEqual(rig.rules(), []);
  });

  it('2.2.8: a word without room in the buffer is lost, and a finding', () => {
    const rig = new SdhciRig().identify();
    rig.set(DATA, 1);
    rig.set(BLOCK, 512 | (1 << 16));
    rig.good(CMD24, 8);
    rig.fill(sector(0));
    rig.set(DATA, 2);
    assert.deepEqual(rig.rules(), ['forbidden', 'forbidden']);
  });

  it('3.7.2.1: written before Buffer Write Ready was cleared is a finding', () => {
    const rig = new SdhciRig().identify();
    rig.set(BLOCK, 512 | (1 << 16));
    rig.good(CMD24, 8);
    rig.set(DATA, 1);
    assert.deepEqual(rig.rules(), ['forbidden']);
  });

  it('2.2.18: a CRC status other than 010 is a Data CRC Error, and the old block stays', () => {
    const rig = new SdhciRig().identify();
    rig.card.faults.crcError('data');
    rig.set(BLOCK, 512 | (1 << 16));
    rig.good(CMD24, 8);
    rig.fill(sector(0));
    assert.equal(rig.until(STATUS, ERROR) & DATA_CRC, DATA_CRC);
    rig.resetLines();
    assert.deepEqual(rig.readSectors(8, 1), sector(8));
  });

  it('a card that stays busy: no Transfer Complete; when it lets go, or is pulled, there is', () => {
    for (const end of ['free', 'pull']) {
      const rig = new SdhciRig().identify();
      rig.card.faults.stuckBusy = true;
      rig.set(BLOCK, 512 | (1 << 16));
      rig.good(CMD24, 8);
      rig.fill(sector(0));
      rig.ms(5000);
      assert.equal(rig.get(STATUS) & TRANSFER, 0);
      if (end === 'free') rig.card.freeBusy(rig.timeline.now);
      else rig.slot.pull();
      assert.equal(rig.get(STATUS) & TRANSFER, TRANSFER, end);
    }
  });
});

describe('virtual Pi: SDHCI in virtual time', () => {
  it('two runs are the same to the unit', () => {
    const run = (): number => {
      const rig = new SdhciRig().identify();
      rig.readSectors(0, 16);
      rig.writeSectors(30, pattern(4));
      return rig.timeline.now;
    };
    assert.equal(run(), run());
  });

  it('a mebibyte by 25 MHz on four lines takes some 90 ms of the card’s time', () => {
    const rig = new SdhciRig({ image: pattern(2048) }).identify();
    const begin = rig.timeline.now;
    rig.readSectors(0, 2048);
    const ms = (rig.timeline.now - begin) / 6_750_000;
    assert.ok(ms > 85 && ms < 95, String(ms));
    assert.deepEqual(rig.rules(), []);
  });

  it('CMD55 does not disturb a transfer that is under way', () => {
    const rig = reading(4);
    rig.good(CMD55, rig.rca << 16);
    for (let i = 0; i < 4; i++) rig.words();
    assert.notEqual(rig.until(STATUS, TRANSFER) & TRANSFER, 0);
  });
});
