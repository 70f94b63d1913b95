// drivers/sd-card.ts and what it stands on, with a card that does as it should. SD Physical Layer Simplified
// Specification, 4.2 and 4.3.

import assert from 'node:assert/strict';
import { MICROSECOND } from '../../../host-tools/virtual-pi/time.js';
import { SdCall } from '../assembly/calls.js';
import { exercisesOf, type Rig } from './rig.js';
import { CONTROLLER, NO_CARD, PATTERN_SECTORS, Sd, SDHC_4G, SDSC_64M, type Given } from './sd-rig.js';

function wholeCard(given: Given, facts: { sectors: number; byBlock: number; hz: number; high: number }) {
  return (rig: Rig): void => {
    const sd = new Sd(rig, given).open();
    assert.equal(sd.get(SdCall.Sectors), facts.sectors);
    assert.equal(sd.get(SdCall.IsBlockAddressed), facts.byBlock);
    assert.equal(sd.get(SdCall.ClockHz), facts.hz);
    assert.equal(sd.get(SdCall.IsHighSpeed), facts.high);
    assert.equal(sd.get(SdCall.BusWidth), 4);
    assert.equal(sd.get(SdCall.IsWritable), 1);
    assert.equal(sd.card.width, 4);
    assert.equal(sd.card.speed, facts.high);
    sd.reads(0)
      .reads(7)
      .reads(3, 40)
      .reads(PATTERN_SECTORS - 2, 2);
    sd.writes(5).writes(20, 33, 7).reads(19, 1).reads(20, 33, 7).reads(5, 1, 1);
    const last = facts.sectors - 1;
    sd.writes(last)
      .reads(last, 1, 1)
      .writes(last - 2, 3, 9)
      .reads(last - 2, 3, 9)
      .reads(0);
    assert.equal(sd.get(SdCall.Flush), 0);
    assert.deepEqual([sd.get(SdCall.Retries), sd.get(SdCall.CrcErrors)], [0, 0]);
  };
}

const HIGH = { hz: 50_000_000, high: 1 };
const SLOW = { hz: 25_000_000, high: 0 };

export const sdExercises = exercisesOf(
  {
    'SDHC: reads and writes, single and many': wholeCard({}, { sectors: SDHC_4G, byBlock: 1, ...HIGH }),
    SDXC: wholeCard({ sectors: 2 ** 27 }, { sectors: 2 ** 27, byBlock: 1, ...HIGH }),
    'SDSC of version 2': wholeCard({ sectors: SDSC_64M, version: 2 }, { sectors: SDSC_64M, byBlock: 0, ...HIGH }),
    'SDSC of 2 GiB, whose blocks count double': wholeCard(
      { sectors: 2 ** 22 },
      { sectors: 2 ** 22, byBlock: 0, ...HIGH },
    ),
    'SDSC of version 1, which does not know CMD8': wholeCard(
      { sectors: SDSC_64M, version: 1 },
      { sectors: SDSC_64M, byBlock: 0, ...HIGH },
    ),
    'a card without high speed stays at 25 MHz': wholeCard(
      { highSpeed: false },
      { sectors: SDHC_4G, byBlock: 1, ...SLOW },
    ),

    'a card that the firmware has left in use is taken back': (rig) => {
      const sd = new Sd(rig);
      sd.card.presetInitialised();
      sd.open().reads(1, 3);
    },

    'EMMC1 is found when the card hangs there, and no write is lost': (rig) => {
      const sd = new Sd(rig, { sectors: SDSC_64M }, 'emmc1').open();
      assert.equal(sd.text(0), 'EMMC1');
      assert.equal(sd.get(SdCall.ClockHz), 41_666_666);
      sd.reads(2, 5).writes(9, 4).reads(9, 4, 1);
      sd.slot.pull();
      const other = new Sd(rig).open();
      assert.equal(sd.text(0), 'EMMC2');
      other.reads(4);
    },

    'it is quick: little more than the card’s own time': (rig) => {
      for (const [ready, most] of [
        [0, 10],
        [50, 60],
      ] as const) {
        const sd = new Sd(rig, { powerUpMs: ready });
        const { answer, us } = rig.timed(SdCall.Open);
        assert.equal(answer, 0);
        assert.ok(us < most * 1000, `${us} µs`);
        sd.reads(0);
      }
      rig.call(SdCall.Waits);
      new Sd(rig, { powerUpMs: 50 }).open();
      assert.ok(rig.call(SdCall.Waits) > 40, 'the pump runs meanwhile');
    },

    'the report: controller, product, serial number': (rig) => {
      const sd = new Sd(rig, { serial: 0x89ab_cdef }).open();
      assert.equal(sd.text(0), 'EMMC2');
      assert.equal(sd.text(1), 'CARD0');
      assert.equal(sd.get(SdCall.SerialNumber) >>> 0, 0x89ab_cdef);
    },

    'errors have a code and a text each': (rig) => {
      const sd = new Sd(rig);
      const codes = Array.from({ length: 11 }, (_, i) => sd.text(2, -i));
      assert.equal(codes[0], 'none');
      assert.equal(new Set(codes).size, 11);
      assert.ok(codes.every((code) => /^[a-z-]+$/.test(code)));
      assert.equal(sd.text(3, 0), '');
      assert.equal(new Set(Array.from({ length: 11 }, (_, i) => sd.text(3, -i))).size, 11);
      assert.equal(sd.text(2, NO_CARD), 'no-card');
      assert.equal(sd.text(2, CONTROLLER), 'no-controller');
    },

    'the base clock: as it runs, as the capabilities say, and the highest when neither or both do': (rig) => {
      const { clocks, emmc2 } = rig.pi.blocks;
      const sd = new Sd(rig, { powerUpMs: 0 });
      const control = 0xfe1011d0;
      const divisor = 0xfe1011d4;
      /** N in the divider. */
      const divider = (): number => {
        const clock = rig.peek(0xfe34002c);
        return ((clock >>> 8) & 0xff) | ((clock & 0xc0) << 2);
      };
      const runAt = (parts: number): void => {
        const source = rig.peek(control) & 0x60f;
        rig.poke(control, 0x5a000000 | source);
        rig.pass(100);
        rig.poke(divisor, 0x5a000000 | parts);
        rig.poke(control, 0x5a000010 | source);
      };
      sd.open().reads(0, 2);
      assert.equal(divider(), 1);
      // 200 MHz while the capabilities say 100.
      runAt(0x3c00);
      sd.open().reads(0, 2);
      assert.equal(divider(), 2);
      // 100 MHz, and nobody says so.
      runAt(0x7800);
      const capable = emmc2.read;
      emmc2.read = (offset) => (offset === 0x40 ? 0 : capable.call(emmc2, offset));
      sd.open().reads(0, 2);
      assert.equal(divider(), 1, 'as it runs');
      const runs = clocks.read;
      clocks.read = (offset) => (offset === 0x1d0 ? 0 : runs.call(clocks, offset));
      sd.open().reads(0, 2);
      assert.equal(divider(), 2, 'the highest');
      emmc2.read = capable;
      sd.open().reads(0, 2);
      assert.equal(divider(), 1, 'as the capabilities say');
    },

    'EMMC1 when the mailbox does not know its clock': (rig) => {
      const { firmware, emmc1 } = rig.pi.blocks;
      firmware.clocks.set(1, { rate: 0, least: 0, most: 0 });
      const sd = new Sd(rig, {}, 'emmc1').open().reads(0, 2);
      assert.equal(sd.get(SdCall.ClockHz), 41_666_666);
      const { read } = emmc1;
      emmc1.read = (offset) => (offset === 0x40 ? 0x1fb00 : read.call(emmc1, offset));
      sd.open().reads(0, 2);
      assert.equal(sd.get(SdCall.ClockHz), 41_833_333);
    },
  },
  5 * MICROSECOND,
);
