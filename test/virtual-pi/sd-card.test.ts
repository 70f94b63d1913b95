// Statements of the SD Physical Layer Simplified Specification 4.10 against the model of a card: identification, states,
// status.

import assert from 'node:assert/strict';
import type { CardState } from '../../host-tools/virtual-pi/sd/sd-card-states.js';
import {
  CardRig,
  COM_CRC_ERROR,
  errorsOf,
  GIB2,
  GIB4,
  GIB64,
  ILLEGAL_COMMAND,
  IN_IDLE,
  IN_TRAN,
  MIB64,
  OUT_OF_RANGE,
  stateOf,
} from './sd-card-rig.js';

const READY = 0x8000_0000;
const CCS = 1 << 30;

describe('virtual Pi: SD card, identification', () => {
  it('4.2.2 CMD8: a card of version 2 echoes voltage and check pattern', () => {
    assert.equal(new CardRig().word(8, 0x1a5), 0x1a5);
  });

  it('4.3.13 CMD8: to a voltage that it cannot do the card does not answer', () => {
    assert.equal(new CardRig().command(8, 0x2aa), undefined);
  });

  it('4.2.3 CMD8: a card of version 1 does not answer, and its next reply tells of an illegal command', () => {
    const rig = new CardRig(MIB64, { version: 1 });
    assert.equal(rig.command(8, 0x1aa), undefined);
    assert.deepEqual(errorsOf(rig.word(55)), [ILLEGAL_COMMAND]);
    assert.deepEqual(errorsOf(rig.word(55)), []);
  });

  it('4.2.3 ACMD41: without a voltage window it tells the OCR and starts nothing', () => {
    const rig = new CardRig(GIB4, { powerUpMs: 100 });
    assert.equal(rig.app(41), 0xff_8000);
    rig.wait(200);
    rig.command(8, 0x1aa);
    assert.equal(rig.app(41, CCS | 0xff_8000) >>> 31, 0);
  });

  it('4.2.3 ACMD41: busy (bit 31 clear) for as long as the card takes, counted from the first', () => {
    const rig = new CardRig(GIB4, { powerUpMs: 300 });
    rig.command(8, 0x1aa);
    assert.equal(rig.app(41, CCS | 0xff_8000), 0xff_8000);
    rig.wait(299);
    assert.equal(rig.app(41, CCS | 0xff_8000), 0xff_8000);
    assert.equal(rig.card.state, 'idle');
    rig.wait(1);
    assert.equal(rig.app(41, CCS | 0xff_8000), (READY | CCS | 0xff_8000) >>> 0);
    assert.equal(rig.card.state, 'ready');
  });

  it('4.2.3 HCS: a card of high capacity stays busy for a host without, and for one without CMD8', () => {
    for (const [cmd8, argument] of [
      [true, 0xff_8000],
      [false, CCS | 0xff_8000],
    ] as const) {
      const rig = new CardRig();
      if (cmd8) rig.command(8, 0x1aa);
      rig.app(41, argument);
      rig.wait(5000);
      assert.equal(rig.app(41, CCS | 0xff_8000) >>> 31, 0);
    }
  });

  it('4.2.3 CCS: clear for standard capacity, whatever the host says', () => {
    assert.equal(new CardRig(MIB64).app(41, CCS | 0xff_8000), (READY | 0xff_8000) >>> 0);
  });

  it('4.2.3 ACMD41: a window that the card cannot do makes it inactive', () => {
    const rig = new CardRig();
    rig.word(55);
    assert.equal(rig.command(41, 0x7f00), undefined);
    assert.equal(rig.command(55), undefined);
    assert.equal(rig.command(0), undefined);
  });

  it('4.2.2 CMD2 and CMD3: CID, then an address that the card has chosen, another each time', () => {
    const rig = new CardRig().identify();
    assert.notEqual(rig.rca, 0);
    const again = rig.command(3);
    assert.equal(again?.kind, 'R6');
    assert.notEqual(again.word >>> 16, rig.rca);
  });

  it('4.10.1: ILLEGAL_COMMAND goes with the next valid command, also one whose reply has no status', () => {
    const rig = new CardRig();
    rig.command(8, 0x1aa);
    rig.app(41, CCS | 0xff_8000);
    rig.command(17);
    rig.command(2);
    assert.equal(rig.word(3) & 0x4000, 0);
  });

  it('4.9.5 R6: status bits 23, 22, 19 and 12:0 in its lower half', () => {
    const rig = new CardRig();
    rig.command(8, 0x1aa);
    rig.app(41, CCS | 0xff_8000);
    rig.command(2);
    rig.command(17);
    assert.equal(rig.word(3) & 0xffff, 0x4000 | (2 << 9) | 0x100);
  });

  it('4.3.9.1: addressed commands to another card are not answered, and not illegal', () => {
    const rig = new CardRig().identify();
    for (const index of [9, 10, 13, 55]) assert.equal(rig.command(index, (rig.rca ^ 1) << 16), undefined);
    assert.deepEqual(errorsOf(rig.status()), []);
  });

  it('4.2.1 CMD0: to idle from everywhere, bus width and speed back', () => {
    const rig = new CardRig().select();
    rig.app(6, 2);
    rig.command(6, 0x80ff_fff1);
    assert.deepEqual([rig.card.width, rig.card.speed], [4, 1]);
    assert.equal(rig.command(0), undefined);
    assert.deepEqual([rig.card.state, rig.card.width, rig.card.speed], ['idle', 1, 0]);
    assert.equal(stateOf(rig.word(55)), IN_IDLE);
  });

  it('as the firmware leaves it: selected on four lines; CMD0 takes it back', () => {
    const rig = new CardRig();
    rig.card.presetInitialised();
    assert.equal(rig.card.highestHz, 50e6);
    assert.equal(rig.command(8, 0x1aa), undefined);
    rig.select();
    assert.equal(rig.card.state, 'tran');
    assert.equal(rig.card.width, 1);
  });

  it('4.2.1: 400 kHz at most until the card is identified', () => {
    const rig = new CardRig();
    assert.equal(rig.card.highestHz, 400_000);
    rig.identify();
    assert.equal(rig.card.highestHz, 25e6);
  });
});

describe('virtual Pi: SD card, states', () => {
  /** A card brought to a state. */
  const at = (state: CardState): CardRig => {
    const rig = new CardRig(GIB4, { writeMs: 100 });
    if (state === 'idle') return rig;
    rig.command(8, 0x1aa);
    rig.app(41, CCS | 0xff_8000);
    if (state === 'ready') return rig;
    rig.command(2);
    if (state === 'ident') return rig;
    rig.rca = rig.word(3) >>> 16;
    if (state === 'stby') return rig;
    rig.word(7, rig.rca << 16);
    if (state === 'data') rig.word(18);
    if (state === 'rcv') rig.word(25);
    if (state === 'prg' || state === 'dis') {
      rig.word(24);
      rig.give(new Uint8Array(512));
    }
    if (state === 'dis') rig.command(7, 0);
    return rig;
  };
  const STATES = ['idle', 'ready', 'ident', 'stby', 'tran', 'data', 'rcv', 'prg', 'dis'] as const;

  /** The state transition table: where a command is allowed. CMD23 is not, in a card that has it not. */
  const ALLOWED: Readonly<Record<number, string>> = {
    2: 'ready',
    3: 'ident stby',
    4: 'stby',
    6: 'tran',
    7: 'stby tran data prg dis',
    8: 'idle',
    9: 'stby',
    10: 'stby',
    12: 'data rcv',
    13: 'stby tran data rcv prg dis',
    15: 'stby tran data rcv prg dis',
    16: 'tran',
    17: 'tran',
    18: 'tran',
    24: 'tran',
    25: 'tran',
    32: 'tran',
    33: 'tran',
    38: 'tran',
    55: 'idle stby tran data rcv prg dis',
  };

  it('4.8: in every state every command that the table allows is answered, and no other', () => {
    for (const state of STATES)
      for (let index = 1; index < 64; index++) {
        const rig = at(state);
        assert.equal(rig.card.state, state);
        // CMD7 to the card itself is another row of the table.
        const allowed =
          (ALLOWED[index] ?? '').split(' ').includes(state) && !(index === 7 && rig.rca && !/stby|dis/.test(state));
        const argument = index === 8 ? 0x1aa : rig.rca << 16;
        const reply = rig.command(index, argument);
        if (allowed && index !== 4 && index !== 15) assert.ok(reply, `CMD${index} in ${state}`);
        if (allowed) continue;
        assert.equal(reply, undefined, `CMD${index} in ${state}`);
        assert.equal(rig.card.state, state, `CMD${index} in ${state}`);
      }
  });

  it('4.8: CMD13 is answered in every state of data transfer, with the state in which it came', () => {
    const states = STATES.slice(3).map((state) => stateOf(at(state).status()));
    assert.deepEqual(states, [3, 4, 5, 6, 7, 8]);
  });

  it('4.10.1: CURRENT_STATE is the state when the command came; a change shows in the next reply', () => {
    const rig = at('stby');
    assert.equal(stateOf(rig.word(7, rig.rca << 16)), 3);
    assert.equal(stateOf(rig.status()), IN_TRAN);
  });

  it('4.8 CMD7: another address deselects without a reply: tran to stby, prg to dis', () => {
    for (const [from, to] of [
      ['tran', 'stby'],
      ['data', 'stby'],
      ['prg', 'dis'],
    ] as const) {
      const rig = at(from);
      assert.equal(rig.command(7, 0), undefined);
      assert.equal(rig.card.state, to);
      assert.deepEqual(errorsOf(rig.status()), []);
    }
  });

  it('4.8: programming in dis ends in stby; selected before that, in prg', () => {
    const rig = at('dis');
    rig.wait(101);
    assert.equal(stateOf(rig.status()), 3);
    const early = at('dis');
    early.word(7, early.rca << 16);
    assert.equal(stateOf(early.status()), 7);
    early.wait(101);
    assert.equal(stateOf(early.status()), IN_TRAN);
  });

  it('4.8 CMD15: inactive for good', () => {
    const rig = at('stby');
    assert.equal(rig.command(15, rig.rca << 16), undefined);
    assert.equal(rig.card.state, 'ina');
    assert.equal(rig.command(0), undefined);
    assert.equal(rig.command(55), undefined);
  });

  it('4.10.1: READY_FOR_DATA is clear while the card programs', () => {
    assert.equal(at('prg').status() & 0x100, 0);
    assert.equal(at('tran').status() & 0x100, 0x100);
  });

  it('4.10.1: APP_CMD is set in the reply to CMD55 and to the application command', () => {
    const rig = at('tran');
    assert.equal(rig.word(55, rig.rca << 16) & 0x20, 0x20);
    assert.equal(rig.word(6, 2) & 0x20, 0x20);
    assert.equal(rig.status() & 0x20, 0);
  });

  it('4.3.9.1: after CMD55 a number that is no application command is the command of that number', () => {
    const rig = at('tran');
    rig.word(55, rig.rca << 16);
    assert.equal(stateOf(rig.word(13, rig.rca << 16)), IN_TRAN);
    assert.equal(rig.card.state, 'data');
    const other = at('tran');
    other.word(55, other.rca << 16);
    other.word(17, 3);
    assert.deepEqual(other.block()?.length, 512);
  });

  it('4.10.1 COM_CRC_ERROR: the command is not answered, the next reply tells, once', () => {
    const rig = at('tran');
    rig.card.faults.crcError('command');
    assert.equal(rig.command(17), undefined);
    assert.equal(rig.card.state, 'tran');
    assert.deepEqual(errorsOf(rig.status()), [COM_CRC_ERROR]);
    assert.deepEqual(errorsOf(rig.status()), []);
  });

  it('a damaged reply is marked, and the command done', () => {
    const rig = at('tran');
    rig.card.faults.crcError('response');
    assert.equal(rig.command(17)?.damaged, true);
    assert.equal(rig.card.state, 'data');
  });

  it('4.7.4 ACMD6: 1 or 4 lines, else out of range', () => {
    const rig = at('tran');
    rig.app(6, 2);
    assert.equal(rig.card.width, 4);
    rig.app(6, 0);
    assert.equal(rig.card.width, 1);
    assert.deepEqual(errorsOf(rig.app(6, 1)), [OUT_OF_RANGE]);
  });

  it('4.7.4 CMD23: illegal in a card that has it not, and ends a read after its count in one that has', () => {
    const without = at('tran');
    assert.equal(without.command(23, 2), undefined);
    const rig = new CardRig(GIB4, { countCommand: true }).select();
    rig.word(23, 2);
    rig.word(18, 0);
    rig.block();
    assert.equal(rig.card.state, 'data');
    rig.block();
    assert.equal(rig.card.state, 'tran');
  });

  it('3.3: capacity tells the kind of card: SDSC to 2 GiB, SDHC to 32 GiB, SDXC above', () => {
    assert.deepEqual(
      [MIB64, GIB2, GIB4, GIB64].map((sectors) => new CardRig(sectors).card.kind),
      ['SDSC', 'SDSC', 'SDHC', 'SDXC'],
    );
  });
});
