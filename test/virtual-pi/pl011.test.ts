// Statements of ARM DDI 0183 (PL011) and BCM2711 ARM Peripherals, 11 (UART), against the model.

import assert from 'node:assert/strict';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { Pl011 } from '../../host-tools/virtual-pi/uart/pl011.js';
import { MICROSECOND, MILLISECOND, NEVER, SECOND, type Time } from '../../host-tools/virtual-pi/time.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

const DR = 0x00;
const RSR = 0x04;
const FR = 0x18;
const IBRD = 0x24;
const FBRD = 0x28;
const LCRH = 0x2c;
const CR = 0x30;
const IFLS = 0x34;
const IMSC = 0x38;
const RIS = 0x3c;
const MIS = 0x40;
const ICR = 0x44;
const BUSY = 0x08;
const RXFE = 0x10;
const TXFF = 0x20;
const RXFF = 0x40;
const TXFE = 0x80;
const ON = 0x301;

/** 48 MHz / 16 / 3 = 1 Mbaud: a bit is a microsecond, a byte ten. */
function made({ lcrh = 0x70, ibrd = 3, fbrd = 0, on = true, baud = 1_000_000 } = {}) {
  const timeline = new Timeline();
  const findings = new Findings(() => timeline.now);
  const clock = { period: SECOND / 48_000_000 };
  const uart = new Pl011({ timeline, findings }, () => clock.period);
  uart.peer.baud = baud;
  const sent: [number, number][] = [];
  uart.onSend = (byte, at) => sent.push([byte, at / MICROSECOND]);
  uart.write(IBRD, ibrd);
  uart.write(FBRD, fbrd);
  uart.write(LCRH, lcrh);
  if (on) uart.write(CR, ON);
  const run = (us: number): void => timeline.runTo(timeline.now + us * MICROSECOND);
  const drain = (): number[] => {
    const got: number[] = [];
    while (!(uart.read(FR) & RXFE)) got.push(uart.read(DR));
    return got;
  };
  const rules = (): string[] => findings.list.map(({ rule, register }) => `${rule} ${register}`);
  return { timeline, findings, clock, uart, sent, run, drain, rules };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('virtual Pi: PL011, control', () => {
  it('3.2: reset values', () => {
    const timeline = new Timeline();
    const uart = new Pl011({ timeline, findings: new Findings(() => 0) }, () => 1);
    assert.deepEqual([uart.read(FR), uart.read(CR), uart.read(IFLS), uart.read(IMSC)], [0x90, 0x300, 0x12, 0]);
  });

  it('3.3.6: the baud rate is UARTCLK / (16 x (IBRD + FBRD / 64))', () => {
    const { uart, sent, run, findings } = made({ ibrd: 26, fbrd: 3 });
    uart.write(DR, 0x41);
    run(100);
    const bit = (16 * (26 + 3 / 64)) / 48;
    assert.ok(Math.abs((sent[0]?.[1] ?? 0) - 10 * bit) < 1e-6);
    assert.equal(findings.count, 0);
  });

  it('3.3.7 LCRH: IBRD and FBRD hold only after LCRH is written', () => {
    const { uart, sent, run, rules } = made({ on: false });
    uart.write(IBRD, 30);
    uart.write(CR, ON);
    uart.write(DR, 0x41);
    run(11);
    assert.deepEqual(sent, [[0x41, 10]]);
    assert.deepEqual(rules(), ['forbidden CR']);
  });

  it('3.3.7 LCRH: LCRH, IBRD and FBRD must not be changed while the UART is enabled', () => {
    const { uart, rules } = made();
    for (const register of [IBRD, FBRD, LCRH]) uart.write(register, 0x70);
    assert.deepEqual(rules(), [
      'changed-while-running IBRD',
      'changed-while-running FBRD',
      'changed-while-running LCRH',
    ]);
  });

  it('3.3.6: a divisor of 0 is invalid', () => {
    const { rules } = made({ ibrd: 0, fbrd: 5 });
    assert.deepEqual(rules(), ['forbidden CR']);
  });

  it('2.4.2: without UARTCLK nothing is sent', () => {
    const { uart, clock, run, sent, rules } = made({ on: false });
    clock.period = NEVER;
    uart.write(CR, ON);
    uart.write(DR, 1);
    run(1000);
    assert.deepEqual(sent, []);
    assert.deepEqual(rules(), ['unclocked CR']);
  });
});

describe('virtual Pi: PL011, transmitter', () => {
  it('3.3.3 FR: BUSY is set until the byte with its stop bit has left the shift register', () => {
    const { uart, run, sent } = made();
    assert.equal(uart.read(FR), TXFE | RXFE);
    uart.write(DR, 0x55);
    run(9.99);
    assert.equal(uart.read(FR) & (BUSY | TXFE), BUSY | TXFE);
    run(0.01);
    assert.equal(uart.read(FR) & BUSY, 0);
    assert.deepEqual(sent, [[0x55, 10]]);
  });

  it('3.3.3 FR: BUSY is set as soon as the FIFO has a byte, the UART enabled or not', () => {
    const { uart, run } = made({ on: false });
    uart.write(DR, 1);
    run(100);
    assert.equal(uart.read(FR) & (BUSY | TXFE), BUSY);
  });

  it('sends bytes one after another at the programmed rate', () => {
    const { uart, run, sent } = made();
    for (const byte of upTo(5)) uart.write(DR, byte);
    run(1000);
    assert.deepEqual(
      sent,
      upTo(5).map((byte) => [byte, byte * 10]),
    );
  });

  it('3.3.7 LCRH: word length, parity and a second stop bit make the frame longer or shorter', () => {
    for (const [lcrh, us] of [
      [0x70, 10],
      [0x50, 9],
      [0x10, 7],
      [0x72, 11],
      [0x7a, 12],
    ] as const) {
      const { uart, run, sent } = made({ lcrh });
      uart.write(DR, 0xff);
      run(20);
      assert.equal(sent[0]?.[1], us);
      assert.equal(sent[0]?.[0], 0xff >> (lcrh === 0x50 ? 1 : lcrh === 0x10 ? 3 : 0));
    }
  });

  it('3.3.3 FR: TXFF with 32 bytes in the FIFO and one in the shift register; the next is lost', () => {
    const { uart, run, sent, rules } = made();
    for (const byte of upTo(32)) uart.write(DR, byte);
    assert.equal(uart.read(FR) & TXFF, 0);
    uart.write(DR, 33);
    assert.equal(uart.read(FR) & TXFF, TXFF);
    uart.write(DR, 34);
    assert.deepEqual(rules(), ['forbidden DR']);
    run(400);
    assert.deepEqual(
      sent.map(([byte]) => byte),
      upTo(33),
    );
  });

  it('3.3.7 LCRH: without FEN the FIFO is a one-byte register', () => {
    const { uart } = made({ lcrh: 0x60 });
    uart.write(DR, 1);
    assert.equal(uart.read(FR) & TXFF, 0);
    uart.write(DR, 2);
    assert.equal(uart.read(FR) & TXFF, TXFF);
  });

  it('3.3.11 TXRIS: set when the FIFO falls to its level, not because it is below it', () => {
    const { uart, run } = made();
    uart.write(IFLS, 0);
    uart.write(IMSC, 0x20);
    assert.equal(uart.read(RIS), 0);
    for (const byte of upTo(6)) uart.write(DR, byte);
    run(9);
    assert.equal(uart.read(RIS), 0);
    run(1);
    assert.equal(uart.read(RIS) & 0x20, 0x20);
    assert.equal(uart.irq.level, true);
    uart.write(ICR, 0x20);
    assert.equal(uart.irq.level, false);
    run(100);
    assert.equal(uart.read(RIS), 0);
  });

  it('3.3.11 TXRIS: cleared by filling the FIFO above its level', () => {
    const { uart, run } = made();
    uart.write(IFLS, 0);
    for (const byte of upTo(6)) uart.write(DR, byte);
    run(10);
    assert.equal(uart.read(RIS), 0x20);
    uart.write(DR, 7);
    assert.equal(uart.read(RIS), 0);
  });

  it('a UART disabled while a byte is on the wire is wedged until reset', () => {
    const { uart, run, sent, rules } = made();
    uart.write(DR, 1);
    run(5);
    uart.write(CR, 0);
    uart.write(CR, ON);
    uart.write(DR, 2);
    run(1000);
    assert.deepEqual(sent, []);
    assert.equal(uart.read(FR) & BUSY, BUSY);
    assert.equal(rules()[0], 'changed-while-running CR');
  });

  it('a clock changed under an enabled UART is found, and wedges it in a byte', () => {
    const { uart, run, sent, rules } = made();
    uart.clockChanged();
    uart.write(DR, 1);
    run(10);
    assert.equal(sent.length, 1);
    uart.write(DR, 2);
    uart.clockChanged();
    run(100);
    assert.equal(sent.length, 1);
    assert.deepEqual(rules(), ['changed-while-running CR', 'changed-while-running CR']);
  });

  it('3.3.7 LCRH: clearing FEN flushes the FIFO', () => {
    const { uart } = made({ on: false });
    uart.write(DR, 1);
    uart.write(LCRH, 0x60);
    assert.equal(uart.read(FR) & (TXFE | BUSY), TXFE);
  });
});

describe('virtual Pi: PL011, receiver', () => {
  it("bytes come one by one at the other end's rate", () => {
    const { uart, run, drain } = made();
    uart.receive([0x41, 0x42, 0xff, 0]);
    run(9);
    assert.equal(uart.read(FR) & RXFE, RXFE);
    run(1);
    assert.deepEqual(drain(), [0x41]);
    run(30);
    assert.deepEqual(drain(), [0x42, 0xff, 0]);
  });

  it('3.3.8 CR: what comes while the receiver is off is not heard', () => {
    const { uart, run, drain } = made({ on: false });
    uart.receive([1, 2]);
    run(100);
    uart.write(CR, ON);
    assert.deepEqual(drain(), []);
    uart.receive([3]);
    run(10);
    assert.deepEqual(drain(), [3]);
  });

  it('3.3.1 DR: reading an empty FIFO means nothing', () => {
    const { uart, rules } = made();
    uart.read(DR);
    assert.deepEqual(rules(), ['forbidden DR']);
  });

  it('2.4.3: with a full FIFO the next byte is lost, and OE stands beside the one after the gap', () => {
    const { uart, run, drain } = made();
    uart.receive(upTo(34));
    run(320);
    assert.equal(uart.read(FR) & RXFF, RXFF);
    assert.equal(uart.read(RIS) & 0x400, 0);
    run(20);
    assert.equal(uart.read(RIS) & 0x400, 0x400);
    assert.equal(uart.read(RSR), 8);
    assert.deepEqual(drain(), upTo(32));
    uart.receive([0x77, 0x78]);
    run(20);
    assert.deepEqual(drain(), [0x877, 0x78]);
    assert.equal(uart.read(RSR), 8);
    uart.write(RSR, 0);
    assert.equal(uart.read(RSR), 0);
  });

  it('3.3.9 IFLS: RXRIS when the FIFO reaches its level; reading below it clears it', () => {
    for (const [level, bytes] of [
      [0, 4],
      [1, 8],
      [2, 16],
      [3, 24],
      [4, 28],
    ] as const) {
      const { uart, run } = made();
      uart.write(IFLS, level << 3);
      uart.write(IMSC, 0x10);
      uart.receive(upTo(bytes));
      run(bytes * 10 - 5);
      assert.equal(uart.irq.level, false);
      run(5);
      assert.deepEqual([uart.read(MIS), uart.irq.level], [0x10, true]);
      uart.read(DR);
      assert.deepEqual([uart.read(RIS) & 0x10, uart.irq.level], [0, false]);
    }
  });

  it('3.3.13 ICR: RXRIS that was cleared comes again only when the FIFO has been below its level', () => {
    const { uart, run } = made();
    uart.write(IFLS, 0);
    uart.receive(upTo(6));
    run(40);
    uart.write(ICR, 0x10);
    run(20);
    assert.equal(uart.read(RIS) & 0x10, 0);
    for (let i = 0; i < 3; i++) uart.read(DR);
    uart.receive([7]);
    run(10);
    assert.equal(uart.read(RIS) & 0x10, 0x10);
  });

  it('3.3.11 RTRIS: after 32 bit periods of silence with bytes in the FIFO; emptying it clears it', () => {
    const { uart, run, drain } = made();
    uart.write(IMSC, 0x40);
    uart.receive([1, 2]);
    run(20 - 0.5 + 31);
    assert.equal(uart.irq.level, false);
    run(1);
    assert.equal(uart.irq.level, true);
    drain();
    assert.equal(uart.irq.level, false);
    uart.receive([3]);
    run(10);
    drain();
    run(100);
    assert.equal(uart.read(RIS), 0);
  });

  it('3.3.13 ICR: clears what is written as 1; MIS is RIS under IMSC', () => {
    const { uart, run } = made({ lcrh: 0x60 });
    uart.receive([1]);
    run(100);
    assert.deepEqual([uart.read(RIS), uart.read(MIS), uart.irq.level], [0x50, 0, false]);
    uart.write(IMSC, 0x40);
    assert.deepEqual([uart.read(MIS), uart.irq.level], [0x40, true]);
    uart.write(ICR, 0x40);
    assert.deepEqual([uart.read(RIS), uart.irq.level], [0x10, false]);
  });

  it('3.3.1 DR: PE when the parity does not match EPS', () => {
    const { uart, run, drain } = made({ lcrh: 0x76 });
    uart.peer.parity = 'even';
    uart.receive([0x01, 0x03]);
    run(30);
    assert.deepEqual(drain(), [0x01, 0x03]);
    uart.peer.parity = 'odd';
    uart.receive([0x01, 0x03]);
    run(30);
    assert.equal(uart.read(RIS) & 0x100, 0x100);
    assert.deepEqual(drain(), [0x201, 0x203]);
    assert.equal(uart.read(RSR), 2);
  });

  it('3.3.1 DR: BE and one zero byte for a line held low; the next byte needs a high line first', () => {
    const { uart, run, drain } = made();
    uart.receiveBreak(MILLISECOND);
    run(1000);
    assert.equal(uart.read(RIS) & 0x280, 0x280);
    assert.deepEqual(drain(), [0x500]);
    uart.receive([0x42]);
    run(20);
    assert.deepEqual(drain(), [0x42]);
  });

  it('a dip shorter than half a bit is no start bit', () => {
    const { uart, run, drain } = made();
    uart.receiveBreak(0.4 * MICROSECOND);
    run(50);
    uart.receive([0x41]);
    run(50);
    assert.deepEqual(drain(), [0x41]);
  });

  it('a rate that is off by 2 % either way is understood', () => {
    for (const ppm of [-20_000, 20_000]) {
      const { uart, run, drain } = made();
      uart.peer.ppm = ppm;
      uart.receive(Uint8Array.from(upTo(30)));
      run(400);
      assert.deepEqual(drain(), upTo(30));
    }
  });

  it('a rate that is off by 7 % gives wrong bytes and framing errors', () => {
    for (const ppm of [-70_000, 70_000]) {
      const { uart, run, drain } = made();
      uart.peer.ppm = ppm;
      const bytes = upTo(28).map((x) => (x * 37) & 0xff);
      uart.receive(bytes);
      run(400);
      assert.notDeepEqual(
        drain().map((x) => x & 0xff),
        bytes,
      );
    }
    const { uart, run } = made();
    uart.peer.ppm = -70_000;
    uart.receive([0x41, 0x41]);
    run(400);
    assert.equal(uart.read(RIS) & 0x80, 0x80);
  });

  it('another rate altogether gives garbage with framing errors', () => {
    const { uart, run, drain } = made({ baud: 115_200 });
    uart.receive([0x41]);
    run(100);
    assert.ok(drain().some((x) => x & 0x100));
  });

  it('noise turns bits over, the same ones with the same seed', () => {
    const once = (noise: number): number[] => {
      const { uart, run, drain } = made();
      uart.noise = noise;
      uart.receive(upTo(30));
      run(400);
      return drain();
    };
    assert.deepEqual(once(0), upTo(30));
    assert.notDeepEqual(once(0.02), upTo(30));
    assert.deepEqual(once(0.02), once(0.02));
  });

  it('a megabaud line loses nothing that is read in time', () => {
    const { uart, run, drain, rules } = made();
    const bytes = Array.from({ length: 2000 }, (_, i) => (i * 7) & 0xff);
    const end: Time = uart.receive(bytes);
    assert.equal(end, 20 * MILLISECOND);
    const got: number[] = [];
    for (let i = 0; i < 101; i++) {
      run(200);
      got.push(...drain());
    }
    assert.deepEqual(got, bytes);
    assert.deepEqual(rules(), []);
  });
});
