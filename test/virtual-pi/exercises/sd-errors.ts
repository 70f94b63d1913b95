// drivers/sd-card.ts when something goes wrong: a slow card, a damaged line, one that refuses. What must come of
// each is in drivers/block-device.ts.

import assert from 'node:assert/strict';
import { DMA_WINDOW } from '../../../boot/memory-map.js';
import { MICROSECOND } from '../../../host-tools/virtual-pi/time.js';
import { BLOCKS, SdCall } from '../assembly/calls.js';
import type { Reply } from '../../../host-tools/virtual-pi/sd/sd-card-states.js';
import { exercisesOf } from './rig.js';
import {
  bounded,
  CARD,
  CONTROLLER,
  CRC,
  PROTECTED,
  RANGE,
  Sd,
  SDHC_4G,
  SDSC_64M,
  TIMEOUT,
  UNSUPPORTED,
  words,
  WORDS,
} from './sd-rig.js';

/** A long reply with another byte in it. */
function withByte({ long = new Uint8Array(16) }: Reply, at: number, value: number): Uint8Array {
  const bytes = long.slice();
  bytes[at] = value;
  return bytes;
}

export const sdErrorExercises = exercisesOf(
  {
    'there is no controller': (rig) => {
      const { bus } = rig.pi.blocks;
      const { find } = bus;
      bus.find = (address) => (address >= 0xfe300000 && address < 0xfe340100 ? undefined : find.call(bus, address));
      bounded(rig, CONTROLLER, SdCall.Open);
    },

    'a controller that never ends its reset': (rig) => {
      new Sd(rig);
      for (const host of [rig.pi.blocks.emmc1, rig.pi.blocks.emmc2]) {
        const { read } = host;
        host.read = (offset) => read.call(host, offset) | (offset === 0x2c ? 0x0100_0000 : 0);
      }
      bounded(rig, CONTROLLER, SdCall.Open);
    },

    'a clock that never gets stable': (rig) => {
      new Sd(rig);
      for (const host of [rig.pi.blocks.emmc1, rig.pi.blocks.emmc2]) {
        const { read } = host;
        host.read = (offset) => read.call(host, offset) & (offset === 0x2c ? ~2 : -1);
      }
      bounded(rig, CONTROLLER, SdCall.Open);
    },

    'a card that never gets ready': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 100_000 });
      const us = bounded(rig, TIMEOUT, SdCall.Open);
      assert.ok(us > 990_000, `a second is its right: ${us} µs`);
      sd.slot.pull();
      new Sd(rig, { powerUpMs: 900 }).open().reads(0);
    },

    'sectors that are not there': (rig) => {
      const sd = new Sd(rig).open();
      for (const [sector, count] of [
        [SDHC_4G, 1],
        [SDHC_4G - 1, 2],
        [0, 0],
        [0, -1],
        [2 ** 32, 1],
      ] as const) {
        assert.equal(rig.call(SdCall.Read, sector, Math.floor(sector / 2 ** 32), count), RANGE);
        assert.equal(rig.call(SdCall.Write, sector, Math.floor(sector / 2 ** 32), count), RANGE);
      }
      assert.equal(rig.call(SdCall.Read, -1, -1, 1), RANGE);
      sd.reads(0);
    },

    'damaged commands, replies and blocks are sent again': (rig) => {
      const sd = new Sd(rig).open();
      let retries = 0;
      for (const line of ['command', 'response', 'data'] as const)
        for (const [count, many] of [
          [1, 1],
          [2, 8],
        ] as const) {
          sd.card.faults.crcError(line, count);
          sd.reads(4, many);
          sd.card.faults.crcError(line, count);
          sd.writes(30, many, retries + 1).reads(30, many, retries + 1);
          retries++;
        }
      assert.ok(sd.get(SdCall.Retries) >= 12);
      assert.ok(sd.get(SdCall.CrcErrors) >= 6);
      assert.equal(sd.get(SdCall.IsHighSpeed), 1);
    },

    'a reply to CMD12 that is damaged is no harm': (rig) => {
      const sd = new Sd(rig).open();
      const { command } = sd.card;
      let damage = 1;
      sd.card.command = (index, argument, at) => {
        if (index === 12 && damage-- > 0) sd.card.faults.crcError('response');
        return command.call(sd.card, index, argument, at);
      };
      sd.reads(2, 4).reads(9);
      assert.equal(damage, 0);
      damage = 1;
      sd.writes(2, 4);
      assert.ok(damage <= 0);
    },

    'data that stays damaged at high speed is read more slowly': (rig) => {
      const sd = new Sd(rig).open();
      sd.card.faults.crcError('data', 3);
      sd.reads(4, 2);
      assert.deepEqual([sd.get(SdCall.IsHighSpeed), sd.get(SdCall.ClockHz)], [0, 25_000_000]);
      sd.open();
      assert.equal(sd.get(SdCall.IsHighSpeed), 1);
    },

    'data that stays damaged is an error, and the next call tries again': (rig) => {
      const sd = new Sd(rig).open();
      for (const call of [SdCall.Read, SdCall.Write]) {
        sd.card.faults.crcError('data', 4);
        bounded(rig, CRC, call, 8, 0, 1);
      }
      sd.reads(8);
      sd.card.faults.crcError('data', 1000);
      bounded(rig, CRC, SdCall.Read, 8, 0, 100);
    },

    'damage while the card is initialised': (rig) => {
      for (const line of ['command', 'response'] as const)
        for (let after = 0; after < 14; after++) {
          const sd = new Sd(rig, { powerUpMs: 0 });
          const { command } = sd.card;
          let sent = 0;
          sd.card.command = (index, argument, at) => {
            if (sent++ === after) sd.card.faults.crcError(line);
            return command.call(sd.card, index, argument, at);
          };
          assert.ok(bounded(rig, 0, SdCall.Open) < 100_000);
          assert.equal(sd.get(SdCall.IsBlockAddressed), 1);
          sd.reads(1);
        }
    },

    'a block that comes half a second late, while the pump runs': (rig) => {
      const sd = new Sd(rig).open();
      for (const [many, call] of [
        [1, 'reads'],
        [6, 'reads'],
        [1, 'writes'],
        [6, 'writes'],
      ] as const) {
        rig.call(SdCall.Waits);
        rig.call(SdCall.LongestWait);
        sd.card.faults.late(500);
        sd[call](40, many, call === 'writes' ? 0 : undefined);
        const calls = rig.call(SdCall.Waits);
        assert.ok(calls > 400 && calls < 600, `${calls} calls`);
        assert.ok(rig.call(SdCall.LongestWait) < 2000);
      }
      assert.equal(sd.get(SdCall.Retries), 0);
    },

    'the pump runs in a long transfer, too': (rig) => {
      const sd = new Sd(rig, { highSpeed: false }).open();
      rig.call(SdCall.Waits);
      const { us } = rig.timed(SdCall.Read, 0, 0, 96);
      assert.ok(rig.call(SdCall.Waits) >= Math.floor(us / 1500));
      rig.call(SdCall.WaiterTakes, 8000);
      sd.reads(0, 96);
    },

    'a card that stays busy for ever': (rig) => {
      const sd = new Sd(rig).open();
      sd.card.faults.stuckBusy = true;
      const us = bounded(rig, TIMEOUT, SdCall.Write, 50, 0, 3);
      assert.ok(us > 990_000, `${us} µs`);
      assert.ok(bounded(rig, TIMEOUT, SdCall.Read, 0, 0, 1) < 100, 'it is left alone');
      sd.card.faults.stuckBusy = false;
      sd.open().reads(0);
    },

    'a card that stops sending is initialised anew': (rig) => {
      const sd = new Sd(rig).open();
      sd.card.faults.truncateAfter(2);
      sd.reads(10, 5);
      assert.equal(sd.get(SdCall.Retries), 1);
      sd.card.faults.truncateAfter(1);
      sd.writes(10, 4);
    },

    'a sector that the card cannot read or write': (rig) => {
      const sd = new Sd(rig).open();
      sd.card.faults.failSector(12);
      assert.ok(bounded(rig, CARD, SdCall.Read, 12, 0, 1) < 200_000);
      assert.ok(bounded(rig, CARD, SdCall.Read, 10, 0, 5) < 200_000);
      assert.ok(bounded(rig, CARD, SdCall.Write, 12, 0, 1) < 200_000);
      assert.ok(bounded(rig, CARD, SdCall.Write, 11, 0, 4) < 200_000);
      sd.reads(13, 3).writes(20);
    },

    'a card that is write-protected': (rig) => {
      const sd = new Sd(rig);
      for (const how of ['temporary', 'permanent'] as const) {
        sd.card.writeProtect(how);
        sd.open().reads(0);
        assert.equal(sd.get(SdCall.IsWritable), 0);
        assert.equal(sd.write(3), PROTECTED);
        sd.holds(3, 1);
      }
    },

    'a card that refuses a write of itself': (rig) => {
      const sd = new Sd(rig).open();
      sd.card.writeProtect();
      for (const count of [1, 4]) assert.ok(bounded(rig, PROTECTED, SdCall.Write, 3, 0, count) < 50_000);
      sd.holds(3, 4);
      sd.reads(3, 4);
    },

    'what is no SD memory card, or one of another kind, is told': (rig) => {
      const mmc = new Sd(rig);
      const silent = mmc.card.command;
      mmc.card.command = (index, argument, at) =>
        index === 0
          ? silent.call(mmc.card, index, argument, at)
          : index === 1
            ? { kind: 'R3', index: 63, word: 0x80ff8000, damaged: false }
            : undefined;
      assert.ok(bounded(rig, UNSUPPORTED, SdCall.Open) < 20_000);
      // Another pattern comes back; and a CSD of a structure that is none yet.
      for (const [wrong, change] of [
        [8, (reply: Reply): Reply => ({ ...reply, word: reply.word ^ 1 })],
        [8, (reply: Reply): Reply => ({ ...reply, word: reply.word ^ 0x800 })],
        [9, (reply: Reply): Reply => ({ ...reply, long: withByte(reply, 0, 0x80) })],
        [9, (reply: Reply): Reply => ({ ...reply, long: withByte(reply, 0, 0xc0) })],
      ] as const) {
        const sd = new Sd(rig, { powerUpMs: 0 });
        const { command } = sd.card;
        sd.card.command = (index, argument, at) => {
          const reply = command.call(sd.card, index, argument, at);
          return reply && index === wrong ? change(reply) : reply;
        };
        assert.ok(bounded(rig, UNSUPPORTED, SdCall.Open) < 20_000);
      }
    },

    'blocks of a standard card that are too short or too long': (rig) => {
      for (const [length, answer] of [
        [8, UNSUPPORTED],
        [12, UNSUPPORTED],
        [11, 0],
      ] as const) {
        const sd = new Sd(rig, { sectors: SDSC_64M, powerUpMs: 0 });
        const { command } = sd.card;
        sd.card.command = (index, argument, at) => {
          const reply = command.call(sd.card, index, argument, at);
          if (!reply || index !== 9) return reply;
          return { ...reply, long: withByte(reply, 5, 0x50 | length) };
        };
        assert.equal(rig.call(SdCall.Open), answer);
        if (!answer) assert.equal(sd.get(SdCall.Sectors), 4 * SDSC_64M, 'blocks of 2048 bytes');
      }
    },

    'a controller whose lines stay in use': (rig) => {
      for (const bits of [1, 2]) {
        const sd = new Sd(rig, { powerUpMs: 0 }).open();
        const { emmc2 } = rig.pi.blocks;
        const { read } = emmc2;
        emmc2.read = (offset) => read.call(emmc2, offset) | (offset === 0x24 ? bits : 0);
        bounded(rig, TIMEOUT, SdCall.Read, 0, 0, 1);
        assert.ok(bounded(rig, TIMEOUT, SdCall.Read, 0, 0, 1) < 100, 'it is left alone');
        emmc2.read = read;
        sd.open().reads(0);
      }
    },

    'lines that cannot be freed': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 }).open();
      const { emmc2 } = rig.pi.blocks;
      const { read } = emmc2;
      for (const bit of [25, 26]) {
        sd.card.faults.crcError('data');
        emmc2.read = (offset) => read.call(emmc2, offset) | (offset === 0x2c ? 1 << bit : 0);
        bounded(rig, CONTROLLER, SdCall.Read, 0, 0, 1);
        emmc2.read = read;
        sd.open().reads(0);
      }
    },

    'a transfer that ends together with a timeout has ended': (rig) => {
      const sd = new Sd(rig).open();
      const { emmc2 } = rig.pi.blocks;
      const { read } = emmc2;
      emmc2.read = (offset) => {
        const value = read.call(emmc2, offset);
        return offset === 0x30 && value & 2 ? value | (1 << 15) | (1 << 20) : value;
      };
      sd.reads(3, 4).reads(3);
      assert.equal(sd.get(SdCall.Retries), 0);
      // A timeout alone is one.
      emmc2.read = (offset) => (offset === 0x30 ? (1 << 15) | (1 << 20) | 1 : read.call(emmc2, offset));
      bounded(rig, TIMEOUT, SdCall.Read, 0, 0, 1);
      assert.equal(sd.get(SdCall.CrcErrors), 0);
    },

    'nothing is touched beyond what was asked for': (rig) => {
      const sd = new Sd(rig).open();
      sd.writes(33, 2);
      assert.deepEqual(sd.store.changed, [33, 34]);
      rig.lay(BLOCKS, Array<number>(3 * WORDS).fill(0xfeed));
      assert.equal(rig.call(SdCall.Read, 0, 0, 2), 0);
      assert.deepEqual(rig.words(BLOCKS + 2 * 512, WORDS), Array<number>(WORDS).fill(0xfeed));
      assert.equal(rig.pi.memory.loadWord(DMA_WINDOW + BLOCKS), words(0)[0]);
    },
  },
  5 * MICROSECOND,
);
