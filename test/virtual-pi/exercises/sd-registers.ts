// drivers/sdhci.ts and sd-session.ts, register by register: what the SD Host Controller Simplified Specification 3.00
// (2.2, 3.2, 3.7) and PLSS (4.7.4, 4.10.1) have them write, and what they make of each bit that they read.

import assert from 'node:assert/strict';
import type { Reply } from '../../../host-tools/virtual-pi/sd/sd-card-states.js';
import { MICROSECOND, MILLISECOND } from '../../../host-tools/virtual-pi/time.js';
import { SdCall } from '../assembly/calls.js';
import { exercisesOf, type Rig } from './rig.js';
import { CARD, NO_CARD, PROTECTED, RANGE, Sd } from './sd-rig.js';

const BLOCK = 0x04;
const ARGUMENT = 0x08;
const COMMAND = 0x0c;
const DATA = 0x20;
const PRESENT = 0x24;
const HOST = 0x28;
const CLOCK = 0x2c;
const STATUS = 0x30;
const STATUS_ENABLE = 0x34;

/** Writes to EMMC2's registers, without the words of data: offset, value, time. */
function watch(rig: Rig): [number, number, number][] {
  const list: [number, number, number][] = [];
  const { emmc2 } = rig.pi.blocks;
  const { write } = emmc2;
  emmc2.write = (offset, value) => {
    if (offset !== DATA) list.push([offset, value >>> 0, rig.now]);
    write.call(emmc2, offset, value);
  };
  return list;
}

/** What a command writes. */
const sent = (word: number, argument = 0): number[][] => [
  [STATUS, 0xffff_ffff],
  [ARGUMENT, argument],
  [COMMAND, word],
];

const values = (list: [number, number, number][]): number[][] => list.map(([offset, value]) => [offset, value]);

/** Changes a card's replies to a command. */
function replies(sd: Sd, to: number, change: (reply: Reply) => Reply): () => void {
  const { command } = sd.card;
  sd.card.command = (index, argument, at) => {
    const reply = command.call(sd.card, index, argument, at);
    return reply && index === to ? change(reply) : reply;
  };
  return () => (sd.card.command = command);
}

const commands = (list: [number, number, number][]): number[] =>
  list.filter(([offset]) => offset === COMMAND).map(([, value]) => value);

export const sdRegisterExercises = exercisesOf(
  {
    'from power on to the first blocks': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 });
      replies(sd, 3, (reply) => ({ ...reply, word: reply.word | 0xffff }));
      const list = watch(rig);
      sd.open();
      const rca = 0x1235_0000;
      assert.deepEqual(values(list), [
        [CLOCK, 0x0100_0000],
        [HOST, 0xf00],
        [STATUS_ENABLE, 0xffff_feff],
        [CLOCK, 0],
        [CLOCK, 0x000e_7d01],
        [CLOCK, 0x000e_7d05],
        ...sent(0),
        ...sent(0x081a_0000, 0x1aa),
        ...sent(0x371a_0000),
        ...sent(0x2902_0000, 0x40ff_8000),
        ...sent(0x0209_0000),
        ...sent(0x031a_0000),
        [CLOCK, 0x000e_7d03],
        [CLOCK, 0x000e_0201],
        [CLOCK, 0x000e_0205],
        ...sent(0x0909_0000, rca),
        ...sent(0x071b_0000, rca),
        ...sent(0x371a_0000, rca),
        ...sent(0x061a_0000, 2),
        [HOST, 0xf02],
        [BLOCK, 0x0001_0040],
        ...sent(0x063a_0010, 0x80ff_fff1),
        [STATUS, 0x20],
        [CLOCK, 0x000e_0203],
        [HOST, 0xf06],
        [CLOCK, 0x000e_0203],
        [CLOCK, 0x000e_0101],
        [CLOCK, 0x000e_0105],
      ]);
      const [power, enable] = [list[1]?.[2] ?? 0, list[5]?.[2] ?? 0];
      assert.ok(enable - power > MILLISECOND, 'the supply has a millisecond');
      for (const [i, [, , time]] of list.slice(0, 20).entries())
        assert.ok(i === 0 || time - (list[i - 1]?.[2] ?? 0) >= 10 * MICROSECOND, 'spaced by two clocks of 200 kHz');

      list.length = 0;
      sd.reads(7).reads(3, 2);
      assert.deepEqual(values(list), [
        [BLOCK, 0x0001_0200],
        ...sent(0x113a_0010, 7),
        [STATUS, 0x20],
        [BLOCK, 0x0002_0200],
        ...sent(0x123a_0036, 3),
        [STATUS, 0x20],
        [STATUS, 0x20],
      ]);
      list.length = 0;
      sd.writes(7).writes(3, 2);
      assert.deepEqual(values(list), [
        [BLOCK, 0x0001_0200],
        ...sent(0x183a_0000, 7),
        [STATUS, 0x10],
        ...sent(0x0d1a_0000, rca),
        [BLOCK, 0x0002_0200],
        ...sent(0x193a_0026, 3),
        [STATUS, 0x10],
        [STATUS, 0x10],
        ...sent(0x0d1a_0000, rca),
      ]);
    },

    'byte addresses': (rig) => {
      const sd = new Sd(rig, { sectors: 131_072, version: 1, powerUpMs: 0 });
      const list = watch(rig);
      sd.open();
      const all = values(list);
      assert.ok(
        all.some(([offset, value]) => offset === ARGUMENT && value === 0xff_8000),
        'without high capacity',
      );
      const length = all.findIndex(([offset, value]) => offset === COMMAND && value === 0x101a_0000);
      assert.deepEqual(all[length - 1], [ARGUMENT, 512]);
      list.length = 0;
      sd.reads(9);
      assert.deepEqual(list[2]?.slice(0, 2), [ARGUMENT, 9 * 512]);
    },

    'relative addresses of all kinds': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 });
      for (let i = 0; i < 16; i++) sd.open().reads(i).writes(i);
    },

    'a late block: the card is asked, by its address, and nothing else is touched': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 }).open();
      const list = watch(rig);
      const ask = [
        [STATUS, 1],
        [ARGUMENT, 0x1235_0000],
        [COMMAND, 0x0d1a_0000],
      ];
      sd.card.faults.late(250);
      sd.reads(3, 2);
      assert.deepEqual(values(list), [
        [BLOCK, 0x0002_0200],
        ...sent(0x123a_0036, 3),
        ...ask,
        ...ask,
        [STATUS, 0x20],
        [STATUS, 0x20],
      ]);
      assert.ok((list[4]?.[2] ?? 0) - (list[3]?.[2] ?? 0) > 99 * MILLISECOND);
      // An answer that is damaged does not end it.
      for (const bits of [1 << 17, 1 << 18, 1 << 19, (1 << 16) | (1 << 17)]) {
        list.length = 0;
        sd.card.faults.late(150);
        const { emmc2 } = rig.pi.blocks;
        const { read } = emmc2;
        let once = true;
        emmc2.read = (offset) => {
          const value = read.call(emmc2, offset);
          if (!once || offset !== STATUS || !(value & 1) || !list.some(([, word]) => word === 0x0d1a_0000))
            return value;
          once = false;
          return value | (1 << 15) | bits;
        };
        sd.reads(3, 2);
        emmc2.read = read;
        assert.deepEqual(values(list).slice(4, 9), [...ask, [STATUS, 0xf_0000], [CLOCK, 0x020e_0107]]);
        assert.equal(sd.get(SdCall.Retries), 0);
      }
      assert.equal(sd.get(SdCall.CrcErrors), 0);
    },

    'one that is asked and does not answer is initialised anew': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 }).open();
      const { command } = sd.card;
      let silent = 1;
      sd.card.command = (index, argument, at) =>
        index === 13 && silent-- > 0 ? undefined : command.call(sd.card, index, argument, at);
      sd.card.faults.late(400);
      const { us } = rig.timed(SdCall.Read, 3, 0, 2);
      assert.ok(us < 150_000, `${us} µs`);
      assert.equal(sd.get(SdCall.Retries), 1);
    },

    'after an error both lines are reset, and no more': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 }).open();
      const list = watch(rig);
      sd.card.faults.crcError('data');
      sd.reads(3);
      assert.deepEqual(
        values(list).filter(([offset]) => offset === CLOCK),
        [[CLOCK, 0x060e_0107]],
      );
      assert.deepEqual(commands(list), [0x113a_0010, 0x0d1a_0000, 0x113a_0010]);
    },

    'each bit of an error': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 }).open();
      const { emmc2 } = rig.pi.blocks;
      const { read } = emmc2;
      for (const [bits, crcs] of [
        [1 << 16, 0],
        [1 << 17, 1],
        [1 << 18, 1],
        [1 << 19, 1],
        [(1 << 16) | (1 << 17), 1],
        [1 << 21, 1],
        [1 << 22, 1],
        [1 << 24, 1],
      ] as const) {
        const before = sd.get(SdCall.CrcErrors);
        let once = true;
        emmc2.read = (offset) => {
          const value = read.call(emmc2, offset);
          if (!once || offset !== STATUS || !(value & 1)) return value;
          once = false;
          return value | (1 << 15) | bits;
        };
        sd.reads(3);
        emmc2.read = read;
        assert.equal(sd.get(SdCall.CrcErrors) - before, crcs, `0x${bits.toString(16)}`);
        rig.forgive(); // the controller itself has seen no error
      }
    },

    'each bit of the card’s status': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 }).open();
      const known = new Map([
        [31, RANGE],
        [30, CARD],
        [29, CARD],
        [26, PROTECTED],
        [21, CARD],
        [20, CARD],
        [19, CARD],
      ]);
      for (let bit = 5; bit < 32; bit++) {
        const restore = replies(sd, 17, (reply) => ({ ...reply, word: (reply.word | (1 << bit)) >>> 0 }));
        assert.equal(sd.read(3), known.get(bit) ?? 0, `bit ${bit}`);
        restore();
      }
      // Not in the reply to the command, but while it waits.
      for (const [bit, wanted] of known) {
        if (bit === 31) continue;
        sd.card.faults.late(150);
        const restore = replies(sd, 13, (reply) => ({ ...reply, word: (reply.word | (1 << bit)) >>> 0 }));
        assert.equal(sd.read(3), wanted, `bit ${bit}`);
        restore();
      }
      sd.reads(3);
    },

    'commands wait for the lines that they use': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 }).open();
      const { emmc2 } = rig.pi.blocks;
      const { read, write } = emmc2;
      const hold = { bit: 1, until: 0, waits: (_word: number): boolean => true };
      const words: number[] = [];
      emmc2.read = (offset) => read.call(emmc2, offset) | (offset === PRESENT && rig.now < hold.until ? hold.bit : 0);
      emmc2.write = (offset, value) => {
        if (offset === COMMAND) {
          words.push(value >>> 0);
          assert.ok(rig.now >= hold.until || !hold.waits(value >>> 0), `0x${(value >>> 0).toString(16)} while in use`);
          if (hold.until === Infinity) hold.until = rig.now + 30 * MILLISECOND;
        }
        write.call(emmc2, offset, value);
      };
      hold.until = rig.now + 30 * MILLISECOND;
      sd.reads(3);
      // With DAT in use: what has data or busy waits, CMD13 and the CMD12 that ends it do not.
      hold.bit = 2;
      hold.waits = (word) => word !== 0x0d1a_0000 && word !== 0x0cdb_0000;
      hold.until = rig.now + 30 * MILLISECOND;
      sd.reads(3, 2);
      words.length = 0;
      sd.card.faults.crcError('response');
      const wait = hold.waits;
      hold.waits = (word) => {
        if (word !== 0x123a_0036 || words.length > 1) return wait(word);
        hold.until = rig.now + 30 * MILLISECOND;
        return false;
      };
      sd.reads(3, 8);
      assert.deepEqual(words, [0x123a_0036, 0x0d1a_0000, 0x0cdb_0000, 0x0d1a_0000, 0x123a_0036]);
      // CMD7 is busy.
      hold.waits = (word) => word === 0x071b_0000;
      const { us } = rig.timed(SdCall.Open);
      assert.ok(us < 20_000, `${us} µs`);
      replies(sd, 9, (reply) => {
        hold.until = rig.now + 30 * MILLISECOND;
        return reply;
      });
      const held = rig.timed(SdCall.Open);
      assert.equal(held.answer, 0);
      assert.ok(held.us > 30_000, `${held.us} µs`);
    },

    'a card that programs is waited for by its DAT0': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 }).open();
      const { emmc2 } = rig.pi.blocks;
      const { read } = emmc2;
      sd.card.faults.late(300);
      let once = true;
      emmc2.read = (offset) => {
        const value = read.call(emmc2, offset);
        if (!once || offset !== STATUS || sd.card.busyUntil(rig.now) <= rig.now) return value;
        once = false;
        return value | (1 << 15) | (1 << 21);
      };
      const list = watch(rig);
      const { us } = rig.timed(SdCall.Write, 7, 0, 1);
      assert.ok(us > 300_000 && us < 320_000, `${us} µs`);
      assert.deepEqual(commands(list), [0x183a_0000, 0x0d1a_0000, 0x0d1a_0000, 0x183a_0000, 0x0d1a_0000]);
    },

    'only a controller of version 3.00 is one': (rig) => {
      const { emmc2 } = rig.pi.blocks;
      new Sd(rig, { powerUpMs: 0 });
      const { read } = emmc2;
      for (const [version, answer] of [
        [0x1001_0000, NO_CARD],
        [0x1003_0000, NO_CARD],
        [0x1082_0000, NO_CARD],
        [0x1102_0000, 0],
        [0x9902_00ff, 0],
      ] as const) {
        emmc2.read = (offset) => (offset === 0xfc ? version : read.call(emmc2, offset));
        assert.equal(rig.call(SdCall.Open), answer, version.toString(16));
      }
    },

    'the divider has ten bits': (rig) => {
      const { firmware } = rig.pi.blocks;
      new Sd(rig, { powerUpMs: 0 }, 'emmc1');
      for (const [rate, divider] of [
        [500_000_000, 0x271],
        [2_100_000_000, 0x3ff],
      ] as const) {
        firmware.clocks.set(1, { rate, least: 0, most: rate });
        const list: number[] = [];
        const { emmc1 } = rig.pi.blocks;
        const { write } = emmc1;
        emmc1.write = (offset, value) => {
          if (offset === CLOCK) list.push(value);
          write.call(emmc1, offset, value);
        };
        rig.call(SdCall.Open);
        emmc1.write = write;
        assert.equal(list[2], 0xe_0001 | ((divider & 0xff) << 8) | ((divider >> 8) << 6));
      }
      rig.forgive(); // no such clock is there
    },

    'the product’s name holds nothing but letters': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 });
      for (const [bytes, name] of [
        [[0x20, 0x21, 0x7e, 0x7f, 0x80], '?!~??'],
        [[0x41, 0x1b, 0xff, 0, 0x7a], 'A???z'],
      ] as const) {
        const restore = replies(sd, 2, (reply) => {
          const long = (reply.long ?? new Uint8Array(16)).slice();
          long.set(bytes, 3);
          return { ...reply, long };
        });
        sd.open();
        assert.equal(sd.text(1), name);
        restore();
      }
    },

    'what CMD8 says beside its pattern does not count': (rig) => {
      const sd = new Sd(rig, { powerUpMs: 0 });
      replies(sd, 8, (reply) => ({ ...reply, word: reply.word | 0xffff_f000 }));
      sd.open().reads(0);
    },
  },
  5 * MICROSECOND,
);
