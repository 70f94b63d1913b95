// drivers/sd-card.ts when the socket is empty, or the card is pulled or swapped: nothing is written to a card that was not
// opened.

import assert from 'node:assert/strict';
import { MICROSECOND } from '../../../host-tools/virtual-pi/time.js';
import { SdCall } from '../assembly/calls.js';
import { exercisesOf } from './rig.js';
import { bounded, cardOf, CHANGED, forgiveSwap, GONE, NO_CARD, Sd, SDHC_4G, SDSC_64M, UNSUPPORTED } from './sd-rig.js';

export const sdSocketExercises = exercisesOf(
  {
    'there is no card': (rig) => {
      const us = bounded(rig, NO_CARD, SdCall.Open);
      assert.ok(us < 20_000, `${us} µs`);
      for (const call of [SdCall.Read, SdCall.Write])
        assert.ok(bounded(rig, NO_CARD, call, 0, 0, 1) < 100, 'without a try');
      assert.equal(rig.call(SdCall.Flush), NO_CARD);
      assert.equal(rig.call(SdCall.Sectors), 0);
      new Sd(rig).open().reads(0);
    },

    'a card that was pulled, and is put back': (rig) => {
      const sd = new Sd(rig).open();
      for (const call of [SdCall.Read, SdCall.Write]) {
        sd.slot.pull();
        assert.ok(bounded(rig, GONE, call, 5, 0, 2) < 200_000);
        assert.ok(bounded(rig, GONE, call, 5, 0, 2) < 100, 'without a try');
        assert.equal(rig.call(SdCall.Flush), GONE);
        assert.equal(rig.call(SdCall.Open), NO_CARD);
        sd.slot.insert(sd.card);
        sd.open().reads(5, 2);
      }
    },

    'a card that was out and is back between two calls goes on': (rig) => {
      const sd = new Sd(rig).open();
      sd.slot.pull();
      sd.slot.insert(sd.card);
      sd.reads(5, 2);
      sd.slot.pull();
      sd.slot.insert(sd.card);
      sd.writes(60, 3);
      forgiveSwap(rig);
    },

    'pulled in the middle of a read and of a write': (rig) => {
      for (const [call, ms] of [
        [SdCall.Read, 0.9],
        [SdCall.Write, 0.4],
        [SdCall.Write, 2.3],
        [SdCall.Write, 10],
      ] as const) {
        const sd = new Sd(rig, { readMs: 0.2, writeMs: 0.3 }).open();
        sd.in(ms, () => sd.slot.pull());
        assert.ok(bounded(rig, GONE, call, 0, 0, 64) < 400_000);
        sd.slot.insert(sd.card);
        sd.open().reads(80, 3);
      }
    },

    'pulled in the last of a write': (rig) => {
      const sd = new Sd(rig, { stopMs: 20 }).open();
      sd.in(10, () => sd.slot.pull());
      assert.equal(sd.write(40, 2), GONE);
    },

    'swapped between calls, and in the middle: nothing is written to the other card': (rig) => {
      for (const ms of [0, 0.5, 2.3, 10]) {
        const sd = new Sd(rig, { writeMs: 0.3, serial: 7 }).open();
        const other = cardOf({ serial: 8 });
        const swap = (): void => sd.slot.insert(other.card);
        if (ms) sd.in(ms, swap);
        else swap();
        bounded(rig, CHANGED, SdCall.Write, 0, 0, 64);
        assert.ok(bounded(rig, CHANGED, SdCall.Write, 5, 0, 2) < 100);
        assert.ok(bounded(rig, CHANGED, SdCall.Read, 5, 0, 2) < 100);
        assert.deepEqual(other.store.changed, []);
        sd.open();
        assert.equal(sd.get(SdCall.SerialNumber), 8);
        sd.reads(2, 3);
        assert.equal(sd.write(90, 2), 0);
        assert.deepEqual(other.store.changed, [90, 91]);
      }
      forgiveSwap(rig);
    },

    'swapped for an MMC': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 }).open();
      const { card } = cardOf();
      card.command = (index) => (index === 1 ? { kind: 'R3', index: 63, word: 0x80ff8000, damaged: false } : undefined);
      sd.slot.insert(card);
      for (const call of [SdCall.Write, SdCall.Read]) bounded(rig, CHANGED, call, 5, 0, 2);
      assert.equal(rig.call(SdCall.Open), UNSUPPORTED);
      forgiveSwap(rig);
    },

    'swapped while it reads': (rig) => {
      const sd = new Sd(rig, { sectors: SDSC_64M, serial: 7 }).open();
      sd.in(1, () => sd.slot.insert(cardOf({ serial: 8 }).card));
      bounded(rig, CHANGED, SdCall.Read, 0, 0, 96);
      sd.open();
      assert.equal(sd.get(SdCall.Sectors), SDHC_4G);
      sd.reads(0);
      forgiveSwap(rig);
    },
  },
  5 * MICROSECOND,
);
