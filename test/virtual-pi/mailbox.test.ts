// The mailbox and the property messages (Raspberry Pi documentation, mailbox property interface) against the model.

import assert from 'node:assert/strict';
import { DMA_WINDOW, DMA_WINDOW_BYTES, RAM_DISK } from '../../boot/memory-map.js';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { FirmwareState } from '../../host-tools/virtual-pi/firmware/firmware-state.js';
import { Mailbox } from '../../host-tools/virtual-pi/firmware/mailbox.js';
import { Memory } from '../../host-tools/virtual-pi/memory.js';
import { MICROSECOND } from '../../host-tools/virtual-pi/time.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

const READ = 0x00;
const STATUS0 = 0x18;
const CONFIG0 = 0x1c;
const WRITE = 0x20;
const STATUS1 = 0x38;
const EMPTY = 0x40000000;
const FULL = 0x80000000;
const AT = DMA_WINDOW + 0x1000;
const ADDRESS = (AT | 0xc0000008) >>> 0;
const REVISION = 0x00010002;

function made() {
  const timeline = new Timeline();
  const findings = new Findings(() => timeline.now);
  const memory = new Memory();
  const state = new FirmwareState();
  const mailbox = new Mailbox({ timeline, findings }, memory, state);
  const run = (us: number): void => timeline.runTo(timeline.now + us * MICROSECOND);
  const store = (words: readonly number[], at = AT): void =>
    words.forEach((word, i) => memory.storeWord(at + i * 4, word >>> 0));
  const load = (count: number, at = AT): number[] =>
    Array.from({ length: count }, (_, i) => memory.loadWord(at + i * 4));
  const send = (words: readonly number[]): void => {
    store(words);
    memory.barrier();
    mailbox.write(WRITE, ADDRESS);
  };
  /** One tag with its value words; answers code, length word and value. */
  const ask = (tag: number, ...values: number[]): [number, number, number[]] => {
    send([24 + values.length * 4, 0, tag, values.length * 4, 0, ...values, 0]);
    run(200);
    assert.equal(mailbox.read(READ), ADDRESS);
    const [, code = 0, , , length = 0, ...rest] = load(5 + values.length);
    return [code, length, rest];
  };
  const value = (tag: number, ...values: number[]): number[] => {
    const [code, length, got] = ask(tag, ...values);
    assert.deepEqual([code, length >>> 31], [0x80000000, 1]);
    return got;
  };
  const rules = (): string[] => findings.list.map(({ rule }) => rule);
  return { timeline, findings, memory, state, mailbox, run, store, load, send, ask, value, rules };
}

const message = (size = 28): number[] => [size, 0, REVISION, 4, 0, 0, 0];

describe('virtual Pi: mailbox', () => {
  it('READ is empty until the answer is there, some time after the message', () => {
    const { mailbox, send, run, load } = made();
    send(message());
    assert.equal(mailbox.read(STATUS0), EMPTY);
    run(99);
    assert.equal(mailbox.read(STATUS0), EMPTY);
    assert.equal(load(2)[1], 0);
    run(1);
    assert.equal(mailbox.read(STATUS0), 0);
    assert.equal(mailbox.read(READ), ADDRESS);
    assert.equal(mailbox.read(STATUS0), EMPTY);
    assert.deepEqual(load(7), [28, 0x80000000, REVISION, 4, 0x80000004, 0xc03114, 0]);
  });

  it('READ while it is empty gives no answer', () => {
    const { mailbox, rules } = made();
    mailbox.read(READ);
    assert.deepEqual(rules(), ['forbidden']);
  });

  it('eight messages wait and are answered one after another; a ninth is lost', () => {
    const { mailbox, memory, store, run, rules } = made();
    for (let i = 0; i < 9; i++) store(message(), AT + i * 64);
    memory.barrier();
    for (let i = 0; i < 8; i++) {
      assert.equal(mailbox.read(STATUS1) & FULL, 0);
      mailbox.write(WRITE, ADDRESS + i * 64);
    }
    assert.equal(mailbox.read(STATUS1), FULL);
    mailbox.write(WRITE, ADDRESS + 8 * 64);
    assert.deepEqual(rules(), ['forbidden']);
    run(250);
    assert.equal(mailbox.read(READ), ADDRESS);
    assert.equal(mailbox.read(READ), ADDRESS + 64);
    assert.equal(mailbox.read(STATUS0), EMPTY);
    run(600);
    for (let i = 2; i < 8; i++) assert.equal(mailbox.read(READ), ADDRESS + i * 64);
  });

  it('the interrupt follows READ when CONFIG asks for it', () => {
    const { mailbox, send, run } = made();
    send(message());
    run(100);
    assert.equal(mailbox.irq.level, false);
    mailbox.write(CONFIG0, 1);
    assert.equal(mailbox.irq.level, true);
    mailbox.read(READ);
    assert.equal(mailbox.irq.level, false);
  });

  it('finds an address that is not one of the bus', () => {
    const { mailbox, memory, store, rules } = made();
    store(message());
    memory.barrier();
    mailbox.write(WRITE, AT | 8);
    assert.deepEqual(rules(), ['dma-address']);
  });

  it('finds an address that is not 16-byte aligned', () => {
    const { mailbox, memory, store, rules, run } = made();
    store(message(), AT + 4);
    memory.barrier();
    mailbox.write(WRITE, ((AT + 4) | 0xc0000008) >>> 0);
    run(1000);
    assert.deepEqual(rules(), ['dma-address']);
    assert.equal(mailbox.read(STATUS0), EMPTY);
  });

  it('finds a message outside of the DMA window', () => {
    const { mailbox, rules } = made();
    mailbox.write(WRITE, 0xc0080008);
    assert.deepEqual(rules(), ['dma-address']);
  });

  it('finds a message whose words are still on their way, and the firmware reads what was there', () => {
    const { mailbox, store, run, rules, load } = made();
    store(message());
    mailbox.write(WRITE, ADDRESS);
    assert.deepEqual(rules(), ['no-barrier']);
    run(200);
    assert.equal(load(2)[1], 0x80000001);
  });

  it('finds a message of which only the last word is on its way', () => {
    const { mailbox, memory, store, rules } = made();
    store(message());
    memory.barrier();
    memory.storeWord(AT + 24, 0);
    mailbox.write(WRITE, ADDRESS);
    assert.deepEqual(rules(), ['no-barrier']);
  });

  it('a message that is longer than the DMA window, also into the RAM disk, is found and gets no answer', () => {
    for (const bytes of [DMA_WINDOW + DMA_WINDOW_BYTES - AT + 4, RAM_DISK + 0x0ee0_0000 - AT, 0x7fff_fff0]) {
      const { send, run, rules, load, mailbox } = made();
      send([bytes, 0, 0]);
      run(200);
      assert.deepEqual(load(2), [bytes, 0]);
      assert.deepEqual([rules(), mailbox.read(STATUS0)], [['dma-address'], EMPTY], String(bytes));
    }
  });

  it('a message up to the end of the DMA window is answered, and one in the RAM disk is not', () => {
    const { memory, mailbox, store, run, rules, load } = made();
    const last = DMA_WINDOW + DMA_WINDOW_BYTES - 32;
    store([32, 0, REVISION, 4, 0, 0, 0, 0], last);
    memory.barrier();
    mailbox.write(WRITE, (last | 0xc0000008) >>> 0);
    run(200);
    assert.equal(load(2, last)[1], 0x80000000);
    assert.deepEqual(rules(), []);
    mailbox.read(READ);
    mailbox.write(WRITE, (RAM_DISK | 0xc0000008) >>> 0);
    run(200);
    assert.deepEqual([rules(), mailbox.read(STATUS0)], [['dma-address'], EMPTY]);
  });

  it('a message that is malformed is answered with 0x80000001', () => {
    for (const words of [
      [26, 0, REVISION, 4, 0, 0, 0],
      [28, 1, REVISION, 4, 0, 0, 0],
      [28, 0, REVISION, 8, 0, 0, 0],
      [28, 0, REVISION, 6, 0, 0, 0],
      [24, 0, REVISION, 4, 0, 0, 1],
      [4, 0, 0],
    ]) {
      const { send, run, rules, load, mailbox } = made();
      send(words);
      run(200);
      assert.equal(load(2)[1], 0x80000001, String(words));
      assert.deepEqual(rules(), ['forbidden'], String(words));
      assert.equal(mailbox.read(READ), ADDRESS);
    }
  });
});

describe('virtual Pi: property tags', () => {
  it('an unknown tag has no response bit; those after it are answered', () => {
    const { send, run, load, rules } = made();
    send([44, 0, 0x00030066, 4, 0, 7, REVISION, 4, 0, 0, 0]);
    run(200);
    assert.deepEqual(load(11), [44, 0x80000000, 0x00030066, 4, 0, 7, REVISION, 4, 0x80000004, 0xc03114, 0]);
    assert.deepEqual(rules(), []);
  });

  it('an answer longer than the value is cut, its length told', () => {
    const { ask } = made();
    assert.deepEqual(ask(0x00010005, 9), [0x80000000, 0x80000008, [0]]);
  });

  it('board, memory and DMA channels', () => {
    const { value, state } = made();
    state.serial = 0x11223344_55667788n;
    assert.deepEqual(value(REVISION, 0), [0xc03114]);
    assert.deepEqual(value(0x00010004, 0, 0), [0x55667788, 0x11223344]);
    assert.deepEqual(value(0x00010005, 0, 0), [0, 0x3b400000]);
    assert.deepEqual(value(0x00010006, 0, 0), [0x3b400000, 0x04c00000]);
    assert.deepEqual(value(0x00060001, 0), [0x37f5]);
    assert.deepEqual(value(0x00000001, 0), [state.firmwareDate]);
  });

  it('clocks: what they run at, their most, and a rate that is set within it', () => {
    const { value } = made();
    assert.deepEqual(value(0x00030002, 3, 0), [3, 600_000_000]);
    assert.deepEqual(value(0x00030004, 3, 0), [3, 1_500_000_000]);
    assert.deepEqual(value(0x00038002, 3, 2_000_000_000, 0), [3, 1_500_000_000, 0]);
    assert.deepEqual(value(0x00030047, 3, 0), [3, 1_500_000_000]);
    assert.deepEqual(value(0x00030002, 2, 0), [2, 48_000_000]);
    assert.deepEqual(value(0x00030002, 12, 0), [12, 0]);
    assert.deepEqual(value(0x00030002, 77, 0), [77, 0]);
  });

  it('temperature, its limit, and throttling', () => {
    const { value, state } = made();
    state.temperature = () => 81_234;
    state.throttled = 0x50005;
    assert.deepEqual(value(0x00030006, 0, 0), [0, 81_234]);
    assert.deepEqual(value(0x0003000a, 0, 0), [0, 85_000]);
    assert.deepEqual(value(0x00030046, 0), [0x50005]);
  });

  it('power: bit 1 of the answer is for a device that does not exist', () => {
    const { value } = made();
    assert.deepEqual(value(0x00020001, 3, 0), [3, 0]);
    assert.deepEqual(value(0x00028001, 3, 3), [3, 1]);
    assert.deepEqual(value(0x00020001, 3, 0), [3, 1]);
    assert.deepEqual(value(0x00028001, 99, 3), [99, 2]);
  });

  it('SET_GPIO_STATE of the expander leaves its tag unmarked and its first word 0', () => {
    const { ask, value, rules } = made();
    assert.deepEqual(ask(0x00038041, 130, 1), [0x80000000, 0, [0, 1]]);
    assert.deepEqual(value(0x00030041, 130, 0), [0, 1]);
    assert.deepEqual(ask(0x00038041, 200, 1)[2], [1, 0]);
    assert.deepEqual(rules(), []);
  });

  it('finds what resets the board or cannot be undone by a reset', () => {
    for (const pin of [131, 132]) {
      const { ask, rules } = made();
      ask(0x00038041, pin, 0);
      ask(0x00038041, pin, 1);
      assert.deepEqual(rules(), pin === 131 ? ['forbidden', 'forbidden'] : ['forbidden']);
    }
  });

  it('tryboot: the flag is kept and read back, the reboot is told', () => {
    const { value, state, ask } = made();
    assert.deepEqual(value(0x00030064, 5), [0]);
    assert.deepEqual(value(0x00038064, 1), [1]);
    assert.deepEqual(value(0x00030064, 0), [1]);
    ask(0x00030048);
    assert.equal(state.rebootNotified, true);
  });
});
