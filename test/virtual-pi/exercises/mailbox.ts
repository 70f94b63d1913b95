// drivers/mailbox.ts, with the VideoCore's firmware behind it: Raspberry Pi documentation, mailbox property interface.

import assert from 'node:assert/strict';
import { DMA_WINDOW } from '../../../boot/memory-map.js';
import { MILLISECOND } from '../../../host-tools/virtual-pi/time.js';
import { Call } from '../assembly/calls.js';
import { exercisesOf, type Rig } from './rig.js';

const SILENT = -1;
const REFUSED = -2;
const UNKNOWN = -3;
/** What the ARM posts: the message's bus address and channel 8. */
const POSTED = (DMA_WINDOW | 0xc0000008) >>> 0;
const EMPTY = 0x40000000;
const FULL = 0x80000000;

/** The clocks of the interface by their numbers there. */
const CLOCKS = { emmc: 1, uart: 2, arm: 3, core: 4, pwm: 10, emmc2: 12 };

/** Puts words into READ that are no answer to anything. */
function stale(rig: Rig, words: number[]): void {
  const { mailbox } = rig.pi.blocks;
  const { read } = mailbox;
  mailbox.read = (offset) => {
    if (offset === 0x18 && words.length) return 0;
    if (offset === 0) return words.shift() ?? read.call(mailbox, offset);
    return read.call(mailbox, offset);
  };
}

export const mailboxExercises = exercisesOf({
  'what the firmware knows is asked': (rig) => {
    const { firmware } = rig.pi.blocks;
    firmware.boardRevision = 0xd03115;
    firmware.firmwareDate = 0x91234567;
    firmware.armMemory = { base: 0, bytes: 0xb3400000 };
    firmware.throttled = 0x5000f;
    firmware.temperature = () => 61_234;
    assert.equal(rig.wide(Call.BoardRevision), 0xd03115n);
    assert.equal(rig.wide(Call.SerialNumber), 0x10000000_12345678n);
    firmware.serial = 0x80000001_92345678n;
    assert.equal(rig.wide(Call.SerialNumber), 0x00000001_92345678n, 'never negative');
    assert.equal(rig.wide(Call.FirmwareDate), 0x91234567n);
    assert.equal(rig.wide(Call.ArmMemory), 0xb3400000n);
    assert.equal(rig.wide(Call.Throttled), 0x5000fn);
    assert.equal(rig.wide(Call.Temperature), 61_234n);
    firmware.dmaChannels = 0x37f5;
    assert.equal(rig.wide(Call.DmaChannels), 0x75n);
    firmware.dmaChannels = 0xff8a;
    assert.equal(rig.wide(Call.DmaChannels), 0x0an);
  },

  'clocks are asked and set by their numbers': (rig) => {
    const { clocks } = rig.pi.blocks.firmware;
    for (const [i, id] of Object.values(CLOCKS).entries()) {
      clocks.set(id, { rate: 1000 + i, least: 5, most: 2_900_000_000 + i });
      assert.equal(rig.call(Call.ClockRate, id), 1000 + i);
      assert.equal(rig.call(Call.ClockMeasured, id), 1000 + i);
      assert.equal(rig.call(Call.ClockMax, id), 2_900_000_000 + i);
      assert.equal(rig.call(Call.SetClockRate, id, 77_000 + i), 77_000 + i);
      assert.equal(rig.call(Call.ClockRate, id), 77_000 + i);
    }
    assert.equal(rig.call(Call.ClockRate, 99), 0);
  },

  'each kind of question has a tag of its own': (rig) => {
    const { mailbox } = rig.pi.blocks;
    const { write } = mailbox;
    const messages: number[][] = [];
    mailbox.write = (offset, value) => {
      write.call(mailbox, offset, value);
      messages.push([offset, value, ...rig.words(0, 9)]);
    };
    const calls = [
      [Call.FirmwareDate, 0x1, 1],
      [Call.BoardRevision, 0x10002, 1],
      [Call.SerialNumber, 0x10004, 2],
      [Call.ArmMemory, 0x10005, 2],
      [Call.ClockRate, 0x30002, 2],
      [Call.ClockMax, 0x30004, 2],
      [Call.Temperature, 0x30006, 2],
      [Call.Throttled, 0x30046, 1],
      [Call.ClockMeasured, 0x30047, 2],
      [Call.SetClockRate, 0x38002, 3],
      [Call.DmaChannels, 0x60001, 1],
    ] as const;
    for (const [call, tag, words] of calls) {
      const asks = call === Call.SetClockRate ? [3, 600_000_000, 0] : [0, 0, 0];
      rig.call(call, ...asks);
      const sent = messages.at(-1) ?? [];
      assert.deepEqual(sent.slice(0, 7), [0x20, POSTED, 24 + words * 4, 0, tag, words * 4, 0]);
      assert.deepEqual(sent.slice(7, 8 + words), [...asks.slice(0, words), 0]);
    }
  },

  'a question waits for its answer, and no longer': (rig) => {
    const { mailbox } = rig.pi.blocks;
    for (const ms of [0.1, 1, 50]) {
      mailbox.delay = ms * MILLISECOND;
      const { answer, us } = rig.timed(Call.Temperature);
      assert.equal(answer, 45_000);
      assert.ok(us >= ms * 1000 && us < ms * 1000 + 100, `${us} µs for ${ms} ms`);
    }
  },

  'a VideoCore that is silent is left alone for a second': (rig) => {
    const { mailbox } = rig.pi.blocks;
    mailbox.delay = 150 * MILLISECOND;
    const first = rig.timed(Call.Temperature);
    assert.equal(first.answer, SILENT);
    assert.ok(first.us > 99_000 && first.us < 101_000, `${first.us} µs`);
    const next = rig.timed(Call.BoardRevision);
    assert.equal(next.answer, SILENT);
    assert.ok(next.us < 50, `${next.us} µs`);
    assert.equal(rig.call(Call.ArmEngine, 5), 5, 'no answer: the wanted one');
    assert.equal(rig.call(Call.SerialNumber), SILENT);
    rig.pass(990_000);
    mailbox.delay = 0.1 * MILLISECOND;
    assert.equal(rig.call(Call.DmaChannels), SILENT);
    rig.pass(12_000);
    // The late answer to the first question is not taken for this one's.
    assert.equal(rig.call(Call.BoardRevision), 0xc03114);
    assert.equal(rig.call(Call.Temperature), 45_000);
  },

  'a mailbox that stays full is silent too, and nothing is written to it': (rig) => {
    const { mailbox } = rig.pi.blocks;
    const { read, write } = mailbox;
    const status = { until: rig.now + 30 * MILLISECOND };
    mailbox.read = (offset) => (offset === 0x38 ? (rig.now < status.until ? FULL : EMPTY) : read.call(mailbox, offset));
    mailbox.write = (offset, value) => {
      assert.ok(rig.now >= status.until, 'written while full');
      write.call(mailbox, offset, value);
    };
    const waited = rig.timed(Call.Temperature);
    assert.equal(waited.answer, 45_000);
    assert.ok(waited.us > 29_900 && waited.us < 30_500, `${waited.us} µs`);
    status.until = Infinity;
    const { answer, us } = rig.timed(Call.Temperature);
    assert.equal(answer, SILENT);
    assert.ok(us > 99_000 && us < 101_000, `${us} µs`);
  },

  'answers of others are dropped before and after asking': (rig) => {
    stale(
      rig,
      Array.from({ length: 15 }, (_, i) => 0x100 + i * 16),
    );
    assert.equal(rig.call(Call.Temperature), 45_000);
    stale(rig, [POSTED, POSTED, 0x28, (POSTED & ~15) >>> 0]);
    assert.equal(rig.call(Call.BoardRevision), 0xc03114);
    const { mailbox } = rig.pi.blocks;
    const { write } = mailbox;
    mailbox.write = (offset, value) => {
      write.call(mailbox, offset, value);
      // While the message is under way: another's answer, and its own address too early.
      if (offset === 0x20) stale(rig, [0x1230, POSTED, 0x48]);
    };
    assert.equal(rig.call(Call.Temperature), 45_000);
  },

  'too many answers of others end the wait': (rig) => {
    const { mailbox } = rig.pi.blocks;
    const { read } = mailbox;
    mailbox.read = (offset) =>
      offset === 0x18 || offset === 0x38 ? 0 : offset === 0 ? 0x30 : read.call(mailbox, offset);
    const { answer, us } = rig.timed(Call.Temperature);
    assert.equal(answer, SILENT);
    assert.ok(us < 1000, `${us} µs`);
  },

  'a message that is refused and a question that is not known are told apart': (rig) => {
    const { mailbox } = rig.pi.blocks;
    const { write } = mailbox;
    const spoiled = { word: 0, value: 0 };
    mailbox.write = (offset, value) => {
      rig.lay(spoiled.word * 4, [spoiled.value]);
      write.call(mailbox, offset, value);
    };
    [spoiled.word, spoiled.value] = [2, 0x12345];
    assert.equal(rig.call(Call.Temperature), UNKNOWN);
    assert.equal(rig.call(Call.SerialNumber), UNKNOWN);
    [spoiled.word, spoiled.value] = [0, 10];
    assert.equal(rig.call(Call.Temperature), REFUSED);
    rig.forgive(); // the exercise's own wrong size
    [spoiled.word, spoiled.value] = [2, 0x30006];
    assert.equal(rig.call(Call.Temperature), 45_000);
  },
});
