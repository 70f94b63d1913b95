// Statements of the SD Physical Layer Simplified Specification 4.10 against a card's registers.

import assert from 'node:assert/strict';
import { crc7 } from '../../host-tools/virtual-pi/sd/sd-card-registers.js';
import { CardRig, GIB2, GIB4, GIB64, MIB64 } from './sd-card-rig.js';

/** Bits of a register whose bytes come highest first. */
function bits(bytes: Uint8Array, high: number, low: number): number {
  let value = 0;
  for (let bit = high; bit >= low; bit--) {
    const at = bytes.length * 8 - 1 - bit;
    value = value * 2 + (((bytes[at >> 3] ?? 0) >>> (7 - (at & 7))) & 1);
  }
  return value;
}

function csdOf(rig: CardRig): Uint8Array {
  return rig.command(9, rig.rca << 16)?.long ?? new Uint8Array(0);
}

/** A register that is sent as a block. */
function sent(rig: CardRig, index: number, app: boolean, argument = 0): Uint8Array {
  if (app) rig.app(index, argument);
  else rig.word(index, argument);
  return rig.block() ?? new Uint8Array(0);
}

describe('virtual Pi: SD card registers', () => {
  it('4.5: CRC7 of CMD0 is 4A, of CMD17 with argument 0 is 2A; with the end bit behind', () => {
    assert.equal(crc7(Uint8Array.of(0x40, 0, 0, 0, 0)), (0x4a << 1) | 1);
    assert.equal(crc7(Uint8Array.of(0x51, 0, 0, 0, 0)), (0x2a << 1) | 1);
  });

  it('5.2 and 5.3: CID and CSD end with their CRC7 and a 1', () => {
    const rig = new CardRig();
    rig.command(8, 0x1aa);
    rig.app(41, 0x40ff_8000);
    const cid = rig.command(2)?.long ?? new Uint8Array(0);
    rig.rca = rig.word(3) >>> 16;
    for (const bytes of [cid, csdOf(rig)]) {
      assert.equal(bytes.length, 16);
      assert.equal(bytes[15], crc7(bytes.subarray(0, 15)));
    }
  });

  it('5.3.2 CSD 1.0: capacity = (C_SIZE + 1) 2^(C_SIZE_MULT + 2) 2^READ_BL_LEN', () => {
    for (const sectors of [MIB64, 2 * MIB64, GIB2 / 2, GIB2, 3000 * 512]) {
      const csd = csdOf(new CardRig(sectors).identify());
      assert.equal(bits(csd, 127, 126), 0);
      const capacity = (bits(csd, 73, 62) + 1) * 2 ** (bits(csd, 49, 47) + 2) * 2 ** bits(csd, 83, 80);
      assert.equal(capacity, sectors * 512);
    }
  });

  it('5.3.2: a card of 2 GiB has blocks of 1024, smaller ones of 512; both ways the same', () => {
    assert.equal(bits(csdOf(new CardRig(GIB2).identify()), 83, 80), 10);
    assert.equal(bits(csdOf(new CardRig(GIB2).identify()), 25, 22), 10);
    assert.equal(bits(csdOf(new CardRig(MIB64).identify()), 83, 80), 9);
  });

  it('5.3.3 CSD 2.0: capacity = (C_SIZE + 1) 512 KiB, and the fixed fields', () => {
    for (const sectors of [GIB4, GIB64]) {
      const csd = csdOf(new CardRig(sectors).identify());
      assert.equal(bits(csd, 127, 126), 1);
      assert.equal((bits(csd, 69, 48) + 1) * 1024, sectors);
      assert.deepEqual([bits(csd, 119, 112), bits(csd, 83, 80), bits(csd, 46, 46), bits(csd, 45, 39)], [14, 9, 1, 127]);
    }
  });

  it('a capacity that no register can tell is refused', () => {
    assert.throws(() => new CardRig(GIB4 + 1), /cannot tell/);
    assert.throws(() => new CardRig(12_345), /cannot tell/);
  });

  it('5.3.2 TRAN_SPEED: 32 for 25 MHz, 5A in high speed', () => {
    const rig = new CardRig().select();
    rig.word(6, 0x80ff_fff1);
    rig.block();
    rig.command(7, 0);
    assert.equal(bits(csdOf(rig), 103, 96), 0x5a);
    assert.equal(bits(csdOf(new CardRig().identify()), 103, 96), 0x32);
  });

  it('5.3.2: TMP_WRITE_PROTECT is bit 12, PERM_WRITE_PROTECT bit 13, which stays', () => {
    const rig = new CardRig().identify();
    rig.card.writeProtect('temporary');
    assert.equal(bits(csdOf(rig), 13, 12), 1);
    rig.card.writeProtect('permanent');
    rig.card.writeProtect(false);
    assert.equal(bits(csdOf(rig), 13, 12), 2);
  });

  it('5.6 SCR: version, bus widths 1 and 4, CMD23', () => {
    const scr = sent(new CardRig(GIB4, { countCommand: true }).select(), 51, true);
    assert.deepEqual([bits(scr, 59, 56), bits(scr, 51, 48), bits(scr, 47, 47), bits(scr, 33, 32)], [2, 5, 1, 2]);
    const old = sent(new CardRig(MIB64, { version: 1 }).select(), 51, true);
    assert.deepEqual([bits(old, 59, 56), bits(old, 47, 47)], [1, 0]);
  });

  it('4.10.2 SD Status: 64 bytes, the bus width in 511:510', () => {
    const rig = new CardRig().select();
    assert.equal(bits(sent(rig, 13, true), 511, 510), 0);
    rig.app(6, 2);
    const status = sent(rig, 13, true);
    assert.deepEqual([status.length, bits(status, 511, 510)], [64, 2]);
  });

  it('4.3.10.2 CMD6 check: tells what would be, and changes nothing', () => {
    const rig = new CardRig().select();
    const status = sent(rig, 6, false, 0x00ff_fff1);
    assert.deepEqual([bits(status, 379, 376), bits(status, 415, 400), bits(status, 511, 496)], [1, 0x8003, 100]);
    assert.equal(rig.card.speed, 0);
  });

  it('4.3.10.3 CMD6 set: high speed, byte 16 of the status is 1 in its lower half; F keeps it, 0 is the default', () => {
    const rig = new CardRig().select();
    assert.equal((sent(rig, 6, false, 0x80ff_fff1)[16] ?? 0) & 15, 1);
    assert.equal(rig.card.speed, 1);
    assert.equal((sent(rig, 6, false, 0x80ff_ffff)[16] ?? 0) & 15, 1);
    assert.equal(rig.card.speed, 1);
    sent(rig, 6, false, 0x80ff_fff0);
    assert.equal(rig.card.speed, 0);
  });

  it('4.3.10.3: a function that is not there gives F, current 0, and changes nothing', () => {
    const rig = new CardRig(GIB4, { highSpeed: false }).select();
    const status = sent(rig, 6, false, 0x80ff_fff1);
    assert.deepEqual([bits(status, 379, 376), bits(status, 511, 496), rig.card.speed], [15, 0, 0]);
    const mixed = new CardRig().select();
    assert.equal(bits(sent(mixed, 6, false, 0x80ff_ff51), 383, 380), 15);
    assert.equal(mixed.card.speed, 0);
  });
});
