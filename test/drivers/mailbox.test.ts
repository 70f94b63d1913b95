// The mailbox: its questions, and what it says when the VideoCore does not answer as it should.

import assert from 'node:assert/strict';
import { compileDrivers, rig } from './device-rig.js';

before(compileDrivers);

describe('the mailbox', () => {
  const answers: Record<number, number[]> = {
    0x00010002: [0xc03115],
    0x00010004: [0x89abcdef, 0x10000000],
    0x00010005: [0, 0x3b400000],
    0x00000001: [1_700_000_000],
    0x00060001: [0x37f5],
    0x00030006: [0, 48_312],
    0x00030046: [0x50005],
  };
  const rates: Record<number, number[]> = { 0x00030002: [600], 0x00030004: [1800], 0x00030047: [601] };

  function answering(): ReturnType<typeof rig> {
    const made = rig();
    made.mailbox.answer = (tag, values) => {
      if (tag === 0x00038002) return [values[0] as number, values[1] as number];
      const rate = rates[tag];
      if (rate) return [values[0] as number, ((rate[0] as number) * 1_000_000 + (values[0] as number)) >>> 0];
      return answers[tag];
    };
    return made;
  }

  it('answers every question', () => {
    const { drivers, mailbox } = answering();
    assert.equal(drivers.boardRevision(), 0xc03115n);
    assert.equal(drivers.serialNumber(), 0x1000000089abcdefn);
    assert.equal(drivers.armMemoryBytes(), 0x3b400000n);
    assert.equal(drivers.firmwareDate(), 1_700_000_000n);
    assert.equal(drivers.dmaChannels(), 0x75n);
    assert.equal(drivers.temperature(), 48_312n);
    assert.equal(drivers.throttled(), 0x50005n);
    assert.equal(drivers.clockRate(3), 600_000_003n);
    assert.equal(drivers.clockMax(3), 1_800_000_003n);
    assert.equal(drivers.clockMeasured(2), 601_000_002n);
    assert.equal(drivers.setClockRate(3, 1_500_000_000), 1_500_000_000n);
    assert.deepEqual(mailbox.violations, []);
  });

  it('leaves the jack an engine that is the ARM’s', () => {
    const { drivers, mailbox } = answering();
    assert.equal(drivers.armEngine(5), 5);
    mailbox.answer = () => [0x55];
    assert.equal(drivers.armEngine(5), 6);
    mailbox.answer = () => [0];
    assert.equal(drivers.armEngine(5), 5, 'none at all is no answer');
    mailbox.silent = true;
    assert.equal(drivers.armEngine(5), 5);
  });

  it('skips what others left, within bounds', () => {
    const { drivers, mailbox } = answering();
    mailbox.stale.push(0x12345678, 0x8);
    assert.equal(drivers.boardRevision(), 0xc03115n);
    mailbox.stale.push(...new Array<number>(1000).fill(8));
    assert.equal(drivers.boardRevision(), -1n);
  });

  it('ends with an error when nobody listens or answers, soon enough for several questions a step', () => {
    for (const fault of ['full', 'silent'] as const) {
      const { drivers, mailbox, board } = answering();
      mailbox[fault] = true;
      assert.equal(drivers.boardRevision(), -1n);
      assert.ok(board.now >= board.ms(100) && board.now < board.ms(210));
      const before = board.now;
      assert.equal(drivers.temperature(), -1n);
      assert.ok(board.now < before + board.ms(1), 'is left alone for a second');
      mailbox[fault] = false;
      board.advanceTo(before + board.ms(1001));
      assert.equal(drivers.temperature(), 48_312n);
      assert.deepEqual(mailbox.violations, []);
    }
  });

  it('tells a refused message from an unknown question', () => {
    const { drivers, mailbox } = answering();
    mailbox.refuses = true;
    assert.equal(drivers.temperature(), -2n);
    const unknown = rig();
    assert.equal(unknown.drivers.temperature(), -3n);
    assert.equal(unknown.drivers.serialNumber(), -3n);
  });
});
