// drivers/pl011.ts. ARM DDI 0183, 3.3.

import assert from 'node:assert/strict';
import { MILLISECOND } from '../../../host-tools/virtual-pi/time.js';
import { Call } from '../assembly/calls.js';
import { exercisesOf, type Rig } from './rig.js';

const CLOCK = 48_000_000;
const RSR = 0xfe201004;
const IBRD = 0xfe201024;
const FBRD = 0xfe201028;
const LCRH = 0xfe20102c;
const CR = 0xfe201030;
const RIS = 0xfe20103c;
const WRONG_BAUD = -1;
const BUSY = -2;

const bitUs = ({ pi }: Rig): number => (pi.blocks.uart.bit / MILLISECOND) * 1000;

export const pl011Exercises = exercisesOf({
  'divisors and rates': (rig) => {
    for (const [clock, baud, divisor] of [
      [48_000_000, 115_200, 1667],
      [48_000_000, 9600, 20_000],
      [48_000_000, 2_000_000, 96],
      [48_000_000, 1_500_000, 128],
      [48_000_000, 1_000_000, 192],
      [48_000_000, 921_600, 208],
      [64_000_000, 4_000_000, 64],
      [48_000_000, 3_000_000, 64],
      [48_000_000, 3_100_000, WRONG_BAUD],
      [48_000_000, 3_023_622, 64],
      [48_000_000, 3_023_623, WRONG_BAUD],
      [48_000_000, 46, 4_173_913],
      [48_000_000, 45, WRONG_BAUD],
      [3_000_000, 115_200, 104],
      [0, 115_200, WRONG_BAUD],
      [-1, 115_200, WRONG_BAUD],
      [48_000_000, 0, WRONG_BAUD],
      [48_000_000, -5, WRONG_BAUD],
    ] as const)
      assert.equal(rig.call(Call.UartDivisor, clock, baud), divisor, `${clock} ${baud}`);
    assert.equal(rig.call(Call.UartBaud, 48_000_000, 1667), 115_177);
    assert.equal(rig.call(Call.UartBaud, 48_000_000, 64), 3_000_000);
    assert.equal(rig.call(Call.UartBaud, 54_000_000, 20_001), 10_799);
  },

  "the clock is the mailbox's, or the clock manager's": (rig) => {
    assert.equal(rig.call(Call.UartClock, 3_000_000, 0), 3_000_000);
    assert.equal(rig.call(Call.UartClock, 0, 0), CLOCK);
    assert.equal(rig.call(Call.UartClock, -1, -1), CLOCK);
  },

  'the rate is changed, and both directions work at it': (rig) => {
    let before = 115_200;
    for (const baud of [921_600, 9600, 3_000_000, 115_200]) {
      assert.equal(rig.call(Call.SetUartBaud, CLOCK, before, baud), 0);
      const divisor = Math.round((CLOCK * 4) / baud);
      assert.equal(rig.peek(IBRD), divisor >> 6);
      assert.equal(rig.peek(FBRD), divisor & 63);
      assert.equal(rig.peek(LCRH), 0x70);
      assert.equal(rig.peek(CR), 0x301);
      assert.equal(bitUs(rig).toFixed(4), ((divisor / 4 / CLOCK) * 1e6).toFixed(4));
      rig.console = '';
      const { uart } = rig.pi.blocks;
      uart.peer.baud = baud;
      let last = 0;
      uart.onSend = (byte, at) => {
        if (rig.console) assert.equal(at - last, uart.bit * 10);
        rig.console += String.fromCharCode(byte);
        last = at;
      };
      assert.equal(rig.call(Call.Send, 3), 3);
      uart.receive([0x55, 0xaa, 0x00]);
      rig.pass((75 * 1e6) / baud + 100); // the receive timeout is 32 bits
      assert.equal(rig.console, 'abc');
      const { received } = rig.pi.kernel;
      assert.deepEqual([...received.takeSome(9)], [0x55, 0xaa, 0x00]);
      assert.equal(rig.call(Call.TakeUartErrors), 0);
      before = baud;
    }
  },

  'the FIFO is empty while the last byte leaves, and the line idle when it has left': (rig) => {
    const state = (): unknown[] => [rig.call(Call.UartSent), rig.call(Call.UartIdle)];
    assert.deepEqual(state(), [1, 1]);
    assert.equal(rig.call(Call.Send, 16), 16);
    assert.deepEqual(state(), [0, 0]);
    // Of 16 bytes of 86.8 µs each the last one leaves the FIFO behind the fifteenth.
    rig.pass(1250);
    assert.deepEqual(state(), [0, 0]);
    rig.pass(80);
    assert.deepEqual(state(), [1, 0]);
    rig.pass(100);
    assert.deepEqual(state(), [1, 1]);
  },

  'what is being sent has left before the rate changes': (rig) => {
    rig.console = '';
    assert.equal(rig.call(Call.Send, 16), 16);
    const { answer, us } = rig.timed(Call.SetUartBaud, CLOCK, 115_200, 9600);
    assert.equal(answer, 0);
    // 16 bytes of 10 bits.
    assert.ok(us > 1388 && us < 1500, `${us} µs`);
    rig.pass(100);
    assert.equal(rig.console, 'abcdefghijklmnop');
    // A byte that has just left leaves the line a moment's rest.
    assert.equal(rig.call(Call.SetUartBaud, CLOCK, 9600, 115_200), 0);
    const { write } = rig.pi.blocks.uart;
    let off = 0;
    const order: [number, number][] = [];
    rig.pi.blocks.uart.write = (offset, value) => {
      order.push([offset, value]);
      if (offset === 0x30 && value === 0) off = rig.now;
      write.call(rig.pi.blocks.uart, offset, value);
    };
    const from = rig.now;
    assert.equal(rig.call(Call.SetUartBaud, CLOCK, 115_200, 57_600), 0);
    assert.ok(off - from >= 10 * 6750, 'not before 10 µs');
    assert.deepEqual(order, [
      [0x30, 0],
      [0x44, 0x7ff],
      [0x24, 52],
      [0x28, 5],
      [0x2c, 0x70],
      [0x30, 0x301],
    ]);
  },

  'a line that stays busy longer than its FIFO is an error, and nothing has changed': (rig) => {
    const { uart } = rig.pi.blocks;
    const { peek, read, write } = uart;
    uart.read = (offset) => (offset === 0x18 ? peek.call(uart, offset) | 8 : read.call(uart, offset));
    uart.write = () => assert.fail('written');
    const { answer, us } = rig.timed(Call.SetUartBaud, CLOCK, 115_200, 9600);
    assert.equal(answer, BUSY);
    assert.ok(us > 33 * 86.8 && us < 33 * 86.8 + 300, `${us} µs`);
    assert.equal(rig.call(Call.SetUartBaud, CLOCK, 115_200, 4_000_000), WRONG_BAUD);
    const least = rig.timed(Call.SetUartBaud, CLOCK, 1_000_000, 9600);
    assert.equal(least.answer, BUSY);
    assert.ok(least.us > 429 && least.us < 500, `${least.us} µs`);
    uart.read = read;
    uart.write = write;
    assert.deepEqual([rig.peek(IBRD), rig.peek(FBRD), rig.peek(CR)], [26, 3, 0x301]);
  },

  'a change of rate leaves no interrupt of before pending': (rig) => {
    const { uart } = rig.pi.blocks;
    uart.peer.baud = 600;
    rig.poke(0xfe201038, 0); // nobody serves them
    uart.receive([0x00, 0x5a]);
    rig.pass(20_000);
    assert.notEqual(rig.peek(RIS), 0);
    rig.pass(20_000);
    assert.equal(rig.call(Call.SetUartBaud, CLOCK, 115_200, 57_600), 0);
    assert.equal(rig.peek(RIS) & ~0x20, 0);
  },

  'errors of the line are told once': (rig) => {
    const { uart } = rig.pi.blocks;
    const { read } = uart;
    assert.equal(rig.call(Call.TakeUartErrors), 0);
    // A break: framing and break error.
    uart.receiveBreak(2 * MILLISECOND);
    rig.pass(3000);
    assert.equal(rig.peek(RSR), 5);
    assert.equal(rig.call(Call.TakeUartErrors), 5);
    rig.pass(10);
    // The status of the last character read stays until the next one, but for what was cleared.
    assert.equal(rig.call(Call.TakeUartErrors), 0);
    uart.read = (offset) => (offset === 4 ? 0xf2 : read.call(uart, offset));
    assert.equal(rig.call(Call.TakeUartErrors), 2, 'four bits');
    uart.read = read;
    // Overrun: 40 bytes that nobody takes.
    uart.peer.baud = 115_200;
    rig.poke(0xfe201038, 0);
    uart.receive(new Array<number>(40).fill(0x41));
    rig.pass(5000);
    assert.equal(rig.call(Call.TakeUartErrors), 8);
    assert.equal(rig.call(Call.TakeUartErrors), 0);
  },

  'lost bytes are counted': (rig) => {
    assert.equal(rig.call(Call.UartLost), 0);
    rig.pi.kernel.received.lost = 7;
    assert.equal(rig.call(Call.UartLost), 7);
  },
});
