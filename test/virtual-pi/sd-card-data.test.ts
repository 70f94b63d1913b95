// Statements of the SD Physical Layer Simplified Specification 4.10 against the model of a card: reading, writing,
// erasing; and what a script can do to it.

import assert from 'node:assert/strict';
import { SdSlot } from '../../host-tools/virtual-pi/sd/sd-slot.js';
import type { Torn } from '../../host-tools/virtual-pi/sd/sd-card-data.js';
import { MemorySectors } from '../../host-tools/virtual-pi/sd/sector-store.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import {
  ADDRESS_ERROR,
  BLOCK_LEN_ERROR,
  CARD_ECC_FAILED,
  CardRig,
  ERASE_PARAM,
  ERASE_RESET,
  ERASE_SEQ_ERROR,
  ERROR,
  errorsOf,
  GIB2,
  GIB4,
  IN_DATA,
  IN_PRG,
  IN_RCV,
  IN_TRAN,
  MIB64,
  OUT_OF_RANGE,
  stateOf,
  WP_VIOLATION,
} from './sd-card-rig.js';
import { pattern } from './sdhci-rig.js';

const sector = (from: number, count = 1): Uint8Array => pattern(64).slice(512 * from, 512 * (from + count));
const NEW = new Uint8Array(512).fill(0xee);

describe('virtual Pi: SD card, reading', () => {
  it('4.3.3 CMD17: high capacity is addressed in blocks, standard capacity in bytes', () => {
    const large = new CardRig().select();
    large.word(17, 5);
    assert.deepEqual(large.block(), sector(5));
    const small = new CardRig(MIB64).select();
    small.word(17, 5 * 512);
    assert.deepEqual(small.block(), sector(5));
  });

  it('4.3.3 CMD17: back in tran after one block; CMD18 sends until CMD12', () => {
    const rig = new CardRig().select();
    rig.word(17, 0);
    rig.block();
    assert.equal(stateOf(rig.status()), IN_TRAN);
    rig.word(18, 7);
    assert.deepEqual([rig.block(), rig.block()], [sector(7), sector(8)]);
    assert.equal(stateOf(rig.word(12)), IN_DATA);
    assert.equal(stateOf(rig.status()), IN_TRAN);
    assert.equal(rig.block(), undefined);
  });

  it('memory after a register is memory', () => {
    const rig = new CardRig().select();
    rig.app(51);
    assert.equal(rig.block()?.length, 8);
    rig.word(17, 2);
    assert.deepEqual(rig.block(), sector(2));
  });

  it('the first block comes after the access time, the others of CMD18 without', () => {
    const rig = new CardRig(GIB4, { readMs: 3 }).select();
    rig.word(18, 0);
    rig.block();
    assert.equal(rig.now, 3 * MILLISECOND);
    rig.block();
    assert.equal(rig.now, 3 * MILLISECOND);
  });

  it('4.10.1 OUT_OF_RANGE: a block behind the last one, and nothing is sent', () => {
    const rig = new CardRig().select();
    assert.deepEqual(errorsOf(rig.word(17, GIB4)), [OUT_OF_RANGE]);
    assert.equal(stateOf(rig.status()), IN_TRAN);
    assert.equal(rig.block(), undefined);
    const small = new CardRig(MIB64).select();
    assert.deepEqual(errorsOf(small.word(17, MIB64 * 512 - 256)), [OUT_OF_RANGE]);
    assert.deepEqual(errorsOf(small.word(17, MIB64 * 512 - 512)), []);
  });

  it('4.3.3: CMD18 tells OUT_OF_RANGE once the last block of the card is through, and sends no more', () => {
    const rig = new CardRig().select();
    rig.word(18, GIB4 - 1);
    assert.equal(rig.block()?.length, 512);
    assert.equal(rig.block(), undefined);
    assert.deepEqual(errorsOf(rig.word(12)), [OUT_OF_RANGE]);
  });

  it('4.3.3 ADDRESS_ERROR: a block that crosses one of the card’s', () => {
    const rig = new CardRig(MIB64).select();
    assert.deepEqual(errorsOf(rig.word(17, 100)), [ADDRESS_ERROR]);
    assert.deepEqual(errorsOf(rig.word(17, 512)), []);
  });

  it('4.3.3 CMD16: standard capacity reads parts of a block, high capacity whole ones whatever it says', () => {
    const rig = new CardRig(MIB64).select();
    rig.word(16, 16);
    rig.word(17, 512 + 32);
    assert.deepEqual(rig.block(), sector(1).slice(32, 48));
    const large = new CardRig().select();
    assert.deepEqual(errorsOf(large.word(16, 16)), []);
    large.word(17, 1);
    assert.deepEqual(large.block(), sector(1));
  });

  it('5.3.2: a card of 2 GiB has blocks of 1024 until CMD16 says 512', () => {
    const rig = new CardRig(GIB2).select();
    rig.word(17, 1024);
    assert.deepEqual(rig.block(), sector(2, 2));
    rig.word(16, 512);
    rig.word(17, 1024);
    assert.deepEqual(rig.block(), sector(2));
  });

  it('4.10.1 BLOCK_LEN_ERROR: a length of 0 or above the card’s', () => {
    const rig = new CardRig(MIB64).select();
    assert.deepEqual(errorsOf(rig.word(16, 0)), [BLOCK_LEN_ERROR]);
    assert.deepEqual(errorsOf(rig.word(16, 1024)), [BLOCK_LEN_ERROR]);
  });

  it('4.10.1 CARD_ECC_FAILED: nothing is sent, the card waits for CMD12, whose reply tells', () => {
    const rig = new CardRig().select();
    rig.card.faults.failSector(3);
    rig.word(18, 2);
    assert.deepEqual(rig.block(), sector(2));
    assert.equal(rig.block(), undefined);
    assert.equal(rig.card.state, 'data');
    assert.deepEqual(errorsOf(rig.word(12)), [CARD_ECC_FAILED]);
    rig.card.faults.healSector(3);
    rig.word(17, 3);
    assert.deepEqual(rig.block(), sector(3));
  });
});

describe('virtual Pi: SD card, writing', () => {
  it('4.3.4 CMD24: rcv, then busy in prg for the write time, then tran', () => {
    const rig = new CardRig(GIB4, { writeMs: 250 }).select();
    rig.word(24, 9);
    assert.equal(stateOf(rig.status()), IN_RCV);
    assert.equal(rig.give(NEW), 'accepted');
    assert.equal(rig.card.busyUntil(rig.now), 250 * MILLISECOND);
    rig.wait(249);
    assert.equal(stateOf(rig.status()), IN_PRG);
    assert.equal(rig.command(17, 9), undefined);
    rig.wait(1);
    rig.word(17, 9);
    assert.deepEqual(rig.block(), NEW);
  });

  it('4.3.4 CMD25: block after block until CMD12, which is busy in its turn; ACMD22 counts them', () => {
    const rig = new CardRig(GIB4, { stopMs: 40 }).select();
    rig.word(25, 10);
    rig.give(NEW);
    rig.wait(2);
    rig.give(NEW);
    rig.wait(2);
    assert.equal(stateOf(rig.word(12)), IN_RCV);
    assert.equal(rig.card.busyUntil(rig.now), rig.now + 40 * MILLISECOND);
    rig.wait(40);
    rig.app(22);
    assert.deepEqual(rig.block(), Uint8Array.of(0, 0, 0, 2));
    assert.deepEqual(rig.store.changed, [10, 11]);
  });

  it('4.3.4: a block with a wrong CRC is not programmed; CMD24 goes back to tran, CMD25 waits for CMD12', () => {
    const rig = new CardRig().select();
    rig.card.faults.crcError('data', 2);
    rig.word(24, 10);
    assert.equal(rig.give(NEW), 'crc');
    assert.equal(stateOf(rig.status()), IN_TRAN);
    rig.word(25, 10);
    assert.equal(rig.give(NEW), 'crc');
    assert.equal(rig.give(NEW), 'silent');
    assert.equal(stateOf(rig.word(12)), IN_RCV);
    assert.deepEqual(rig.store.changed, []);
  });

  it('4.10.1 WP_VIOLATION: a write or an erase of a protected card, which then does neither', () => {
    for (const how of ['temporary', 'permanent'] as const) {
      const rig = new CardRig().select();
      rig.card.writeProtect(how);
      for (const index of [24, 25]) assert.deepEqual(errorsOf(rig.word(index, 1)), [WP_VIOLATION]);
      rig.word(32, 1);
      rig.word(33, 1);
      assert.deepEqual(errorsOf(rig.word(38)), [WP_VIOLATION]);
      assert.equal(rig.give(NEW), 'silent');
      assert.deepEqual(rig.store.changed, []);
      rig.word(17, 1);
      assert.deepEqual(rig.block(), sector(1));
    }
  });

  it('4.10.1 OUT_OF_RANGE: CMD25 past the end takes no more; CMD12 tells', () => {
    const rig = new CardRig().select();
    rig.word(25, GIB4 - 1);
    assert.equal(rig.give(NEW), 'accepted');
    rig.wait(2);
    assert.equal(rig.give(NEW), 'silent');
    assert.deepEqual(errorsOf(rig.word(12)), [OUT_OF_RANGE]);
  });

  it('5.3.2 WRITE_BL_PARTIAL is 0: other block lengths than 512 cannot be written', () => {
    const rig = new CardRig(MIB64).select();
    rig.word(16, 64);
    assert.deepEqual(errorsOf(rig.word(24, 0)), [BLOCK_LEN_ERROR]);
  });

  it('4.10.1 ERROR: a sector that cannot be programmed, told by CMD13', () => {
    const rig = new CardRig().select();
    rig.card.faults.failSector(6);
    rig.word(24, 6);
    assert.equal(rig.give(NEW), 'accepted');
    rig.wait(5);
    assert.deepEqual(errorsOf(rig.status()), [ERROR]);
    assert.deepEqual(rig.store.changed, []);
  });
});

describe('virtual Pi: SD card, erasing', () => {
  it('4.3.5: CMD32, CMD33 and CMD38 make zeros of the first to the last block', () => {
    const rig = new CardRig(GIB4, { eraseMs: 20 }).select();
    rig.word(32, 3);
    rig.word(33, 5);
    rig.word(38);
    assert.equal(stateOf(rig.status()), IN_PRG);
    rig.wait(20);
    assert.deepEqual(rig.store.changed, [3, 4, 5]);
    rig.word(17, 4);
    assert.deepEqual(rig.block(), new Uint8Array(512));
  });

  it('an erase of a whole card takes no longer than one of a sector, and a power cut undoes it', () => {
    for (const torn of ['old', 'mixed', 'new'] as const) {
      const rig = new CardRig(GIB4, { eraseMs: 20 }).select();
      const slot = new SdSlot(() => rig.now, rig.card);
      const last = rig.store.sectors - 1;
      rig.store.write(last, NEW);
      rig.word(32, 1);
      rig.word(33, last);
      const began = performance.now();
      rig.word(38);
      assert.ok(performance.now() - began < 200);
      assert.deepEqual([rig.store.read(0), rig.store.read(1)], [sector(0), new Uint8Array(512)]);
      assert.deepEqual(rig.store.read(last), new Uint8Array(512));
      slot.powerCut(torn);
      assert.deepEqual(rig.store.read(1), torn === 'old' ? sector(1) : new Uint8Array(512), torn);
      assert.deepEqual(rig.store.read(last), torn === 'new' ? new Uint8Array(512) : NEW, torn);
      // Of a single sector a half.
      if (torn !== 'mixed') continue;
      rig.store.write(9, NEW);
      rig.select();
      rig.word(32, 9);
      rig.word(33, 9);
      rig.word(38);
      slot.powerCut(torn);
      assert.deepEqual(rig.store.read(9), NEW.slice().fill(0, 0, 256));
    }
  });

  it('4.10.1 ERASE_SEQ_ERROR: CMD33 or CMD38 without what goes before', () => {
    const rig = new CardRig().select();
    assert.deepEqual(errorsOf(rig.word(33, 5)), [ERASE_SEQ_ERROR]);
    assert.deepEqual(errorsOf(rig.word(38)), [ERASE_SEQ_ERROR]);
  });

  it('4.10.1 ERASE_RESET: another command in between, CMD13 aside, clears the sequence', () => {
    const rig = new CardRig().select();
    rig.word(32, 3);
    rig.status();
    rig.word(33, 3);
    assert.deepEqual(errorsOf(rig.word(16, 512)), [ERASE_RESET]);
    assert.deepEqual(errorsOf(rig.word(38)), [ERASE_SEQ_ERROR]);
  });

  it('4.10.1 ERASE_PARAM: the last before the first', () => {
    const rig = new CardRig().select();
    rig.word(32, 9);
    rig.word(33, 3);
    assert.deepEqual(errorsOf(rig.word(38)), [ERASE_PARAM]);
  });
});

describe('virtual Pi: SD card, faults', () => {
  it('late: the next blocks take so many milliseconds longer, and then no more', () => {
    const rig = new CardRig(GIB4, { readMs: 0, writeMs: 1 }).select();
    rig.card.faults.late(80, 2);
    rig.word(17, 0);
    rig.block();
    assert.equal(rig.now, 80 * MILLISECOND);
    rig.word(24, 0);
    rig.give(NEW);
    assert.equal(rig.card.busyUntil(rig.now), rig.now + 81 * MILLISECOND);
    rig.wait(81);
    rig.word(24, 0);
    rig.give(NEW);
    assert.equal(rig.card.busyUntil(rig.now), rig.now + MILLISECOND);
  });

  it('truncateAfter: the stream ends after so many blocks, and CMD12 brings it back', () => {
    const rig = new CardRig().select();
    rig.card.faults.truncateAfter(2);
    rig.word(18, 0);
    assert.deepEqual([rig.block()?.length, rig.block()?.length, rig.block()], [512, 512, undefined]);
    rig.word(12);
    rig.word(17, 0);
    assert.equal(rig.block()?.length, 512);
  });

  it('stuck busy ends with CMD0', () => {
    const rig = new CardRig().select();
    rig.card.faults.stuckBusy = true;
    rig.word(24, 0);
    rig.give(NEW);
    rig.wait(100_000);
    assert.equal(stateOf(rig.status()), IN_PRG);
    rig.command(0);
    assert.equal(rig.card.busyUntil(rig.now), rig.now);
    rig.card.faults.stuckBusy = false;
    assert.equal(rig.select().card.state, 'tran');
  });

  it('power cut while a sector is programmed: the old one, the new one, or half of each', () => {
    const left = (torn: Torn, after = 1): Uint8Array => {
      const rig = new CardRig(GIB4, { writeMs: 5 }).select();
      const slot = new SdSlot(() => rig.now, rig.card);
      rig.word(24, 2);
      rig.give(NEW);
      rig.wait(after);
      slot.powerCut(torn);
      assert.equal(rig.card.state, 'idle');
      return rig.store.read(2);
    };
    const half = sector(2);
    half.set(NEW.subarray(0, 256));
    assert.deepEqual([left('old'), left('new'), left('mixed')], [sector(2), NEW, half]);
    assert.deepEqual(left('old', 6), NEW);
  });

  it('pull and insert: the card that comes back is as after power on', () => {
    const rig = new CardRig().select();
    const slot = new SdSlot(() => rig.now, rig.card);
    const card = slot.pull();
    assert.equal(card, rig.card);
    assert.equal(slot.card, undefined);
    slot.insert(rig.card);
    assert.deepEqual([slot.card, rig.card.state, rig.card.fresh], [rig.card, 'idle', true]);
  });
});

describe('virtual Pi: sectors in memory', () => {
  it('what is written to an erased range stays, and erasing it again takes it', () => {
    const store = new MemorySectors(100, pattern(64));
    store.erase(10, 20);
    store.write(12, NEW);
    store.erase(30, 31);
    store.erase(21, 22);
    assert.deepEqual(store.changed, [...Array.from({ length: 13 }, (_, i) => 10 + i), 30, 31]);
    assert.deepEqual([store.read(9), store.read(12), store.read(23)], [sector(9), NEW, sector(23)]);
    const undo = store.erase(11, 12);
    assert.deepEqual([store.read(11), store.read(12)], [new Uint8Array(512), new Uint8Array(512)]);
    undo();
    assert.deepEqual([store.read(11), store.read(12)], [new Uint8Array(512), NEW]);
  });

  it('an image that ends within a sector is filled up with zeros, and stays the caller’s', () => {
    const image = pattern(2).slice(0, 700);
    const store = new MemorySectors(10, image);
    const wanted = new Uint8Array(512);
    wanted.set(image.subarray(512));
    assert.deepEqual([store.read(1), store.read(2)], [wanted, new Uint8Array(512)]);
    const bytes = NEW.slice();
    store.write(0, bytes);
    bytes.fill(0);
    assert.deepEqual(store.read(0), NEW);
    assert.deepEqual(image, pattern(2).slice(0, 700));
    assert.throws(() => new MemorySectors(1, image), /does not fit/);
  });
});
