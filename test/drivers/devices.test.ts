// The small drivers, each against a model of its registers: what is written, in which order, and that waits end.

import assert from 'node:assert/strict';
import { BoardExit, BoardModel } from '../support/board-model.js';
import { compileProgram, instantiate } from '../support/module.js';
import { DmaEngines } from './engine-model.js';
import { ClockGenerators, Gpio, Mailbox, Pl011, PowerManager } from './models.js';
import { PwmModel } from './pwm-model.js';

interface Drivers {
  page(): number;
  nameOf(code: number): number;
  boardType(code: number): number;
  boardMemoryMiB(code: number): number;
  boardMinor(code: number): number;
  isSupported(code: number): number;
  setPinFunction(pin: number, kind: number): number;
  setPinPull(pin: number, pull: number): number;
  setPin(pin: number, high: boolean): number;
  pinLevel(pin: number): number;
  startLed(): void;
  setLed(on: boolean): void;
  startPwmClock(): number;
  stopClock(control: number): number;
  uartClockHz(): number;
  boardRevision(): bigint;
  serialNumber(): bigint;
  armMemoryBytes(): bigint;
  firmwareDate(): bigint;
  dmaChannels(): bigint;
  armEngine(wanted: number): number;
  clockRate(clock: number): bigint;
  clockMeasured(clock: number): bigint;
  clockMax(clock: number): bigint;
  setClockRate(clock: number, hz: number): bigint;
  temperature(): bigint;
  throttled(): bigint;
  uartClock(mailbox: bigint): number;
  uartDivisor(clockHz: number, baud: number): number;
  uartBaud(clockHz: number, divisor: number): number;
  setUartBaud(clockHz: number, before: number, baud: number): number;
  takeUartErrors(): number;
  resetCause(): number;
  armWatchdog(ms: number): void;
  feedWatchdog(ms: number): void;
  stopWatchdog(): void;
  restartNow(): void;
  restart(): void;
  powerOff(): void;
  end(status: number): void;
  microseconds(count: bigint): bigint;
  milliseconds(count: bigint): bigint;
  toMicroseconds(count: bigint): bigint;
  pause(us: bigint): void;
  controlBlock(channel: number, transfer: number, bytes: number, next: number): number;
  engineSetUp(channel: number): number;
  engineStart(address: number): void;
  engineStop(): number;
  engineTearDown(): number;
  pwmStart(range: number): void;
  pwmStop(): void;
  pwmFlags(): number;
  bridgePairs(way: number, range: number, carrierHz: number): number;
  writeBridge(words: number, a: number, b: number, c: number, d: number, length: number, done: number, n: number): void;
  clockBegin(now: bigint, carrier: bigint, rate: bigint): void;
  clockPairs(now: bigint): bigint;
  clockTick(pairs: bigint): bigint;
}

const CM_PWMCTL = 0xfe1010a0;
const CM_PWMDIV = 0xfe1010a4;

let wasm: Uint8Array;

function rig(): {
  board: BoardModel;
  clocks: ClockGenerators;
  gpio: Gpio;
  power: PowerManager;
  uart: Pl011;
  mailbox: Mailbox;
  engines: DmaEngines;
  drivers: Drivers;
  memory: WebAssembly.Memory;
} {
  const clocks = new ClockGenerators();
  const gpio = new Gpio();
  const power = new PowerManager();
  const uart = new Pl011();
  const board = new BoardModel(clocks, gpio, power, uart);
  const mailbox = new Mailbox(board);
  const engines = new DmaEngines(board, () => undefined);
  for (const block of [mailbox, engines, new PwmModel(board, clocks)]) board.plug(block);
  const running = instantiate<Drivers>(wasm, (memory) => board.imports(memory));
  const { exports: drivers, memory } = running;
  return { board, clocks, gpio, power, uart, mailbox, engines, drivers, memory };
}

before(async function () {
  this.timeout(30_000);
  ({ wasm } = await compileProgram('test/drivers/assembly/drivers.ts'));
});

describe('the timer', () => {
  it('turns ticks into microseconds and back, rounding so that a wait is never short', () => {
    const { drivers, board } = rig();
    assert.equal(drivers.microseconds(1n), 54n);
    assert.equal(drivers.milliseconds(3n), 162_000n);
    assert.equal(drivers.toMicroseconds(54_000_053n), 1_000_000n);
    assert.equal(drivers.toMicroseconds(2n ** 60n), (2n ** 60n * 1_000_000n) / 54_000_000n);
    const before = board.now;
    drivers.pause(10n);
    assert.ok(board.now - before >= 540n && board.now - before < 600n);
  });

  it('knows the rate of the machine', () => {
    const { drivers, board } = rig();
    board.tickRate = 62_500_000n;
    assert.equal(drivers.microseconds(1n), 63n);
  });
});

describe('the pins', () => {
  it('get a function by way of input, and leave their neighbours alone', () => {
    const { drivers, gpio } = rig();
    gpio.words.set(0x10, 0x3fffffff & ~7); // pins 41-49 on ALT3
    assert.equal(drivers.setPinFunction(40, 4), 1);
    assert.equal(drivers.setPinFunction(41, 4), 1);
    assert.deepEqual(
      [40, 41, 42, 43, 49].map((pin) => gpio.functionOf(pin)),
      [4, 4, 7, 7, 7],
    );
    assert.deepEqual(gpio.violations, []);
  });

  it('are driven by one write, without reading', () => {
    const { drivers, gpio, board } = rig();
    drivers.startLed();
    assert.equal(gpio.functionOf(42), 1);
    const from = board.log.length;
    drivers.setLed(true);
    drivers.setLed(false);
    drivers.setPin(5, true);
    assert.deepEqual(
      board.log.slice(from).map(({ kind, address, value }) => [kind, address, value]),
      [
        ['write', 0xfe200020, 1 << 10],
        ['write', 0xfe20002c, 1 << 10],
        ['write', 0xfe20001c, 1 << 5],
      ],
    );
    assert.equal(drivers.pinLevel(5), 1);
    assert.equal(drivers.pinLevel(42), 0);
  });

  it('pull up by 1 and down by 2', () => {
    const { drivers, gpio } = rig();
    drivers.setPinPull(17, 1);
    drivers.setPinPull(18, 2);
    assert.deepEqual([gpio.pullOf(16), gpio.pullOf(17), gpio.pullOf(18)], [0, 1, 2]);
    const named = (name: string): unknown => (drivers as unknown as Record<string, WebAssembly.Global>)[name]?.value;
    assert.deepEqual(
      ['None', 'Up', 'Down'].map((name) => named(`Pull.${name}`)),
      [0, 1, 2],
    );
    const functions = ['Input', 'Output', 'Alt5', 'Alt4', 'Alt0', 'Alt1', 'Alt2', 'Alt3'];
    assert.deepEqual(
      functions.map((name) => named(`PinFunction.${name}`)),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
  });

  it('are refused where they are the boot flash’s or do not exist', () => {
    const { drivers, board } = rig();
    for (const pin of [43, 58, -1, 1000]) {
      assert.equal(drivers.setPinFunction(pin, 1), 0);
      assert.equal(drivers.setPinPull(pin, 1), 0);
      assert.equal(drivers.setPin(pin, true), 0);
    }
    assert.equal(board.writes().length, 0);
  });
});

describe('the clock of the PWM', () => {
  it('is stopped, set and started, with the password in each write', () => {
    const { drivers, clocks, board } = rig();
    clocks.preset(0xa0, 0x11, 0x2000);
    assert.equal(drivers.startPwmClock(), 0);
    assert.deepEqual(board.writes(), [
      [CM_PWMCTL, 0x5a000001], // ENAB off, the source kept
      [CM_PWMDIV, 0x5a006000],
      [CM_PWMCTL, 0x5a000006],
      [CM_PWMCTL, 0x5a000016],
    ]);
    assert.deepEqual(clocks.violations, []);
  });

  it('is left alone when it runs as it should', () => {
    const { drivers, board } = rig();
    drivers.startPwmClock();
    const count = board.writes().length;
    assert.equal(drivers.startPwmClock(), 0);
    assert.equal(board.writes().length, count);
  });

  it('is killed only when BUSY stays, and given up when that does not help', () => {
    const { drivers, clocks, board } = rig();
    clocks.preset(0xa0, 0x16, 0x2000);
    clocks.stopTicks = -1n;
    assert.equal(drivers.startPwmClock(), 0);
    assert.ok(board.writes().some(([, value]) => value === 0x5a000026));
    assert.deepEqual(clocks.violations, []);

    const stuck = rig();
    stuck.clocks.preset(0xa0, 0x16, 0x2000);
    stuck.clocks.stopTicks = -1n;
    stuck.clocks.killWorks = false;
    assert.equal(stuck.drivers.startPwmClock(), -1);
    assert.ok(stuck.board.now < stuck.board.ms(50));
    assert.ok(stuck.board.writes().every(([address]) => address !== CM_PWMDIV));
  });

  it('tells the UART’s rate from the generator', () => {
    const { drivers, clocks } = rig();
    assert.equal(drivers.uartClockHz(), 0);
    clocks.preset(0xf0, 0x16, 0xfa00);
    assert.equal(drivers.uartClockHz(), 48_000_000);
    clocks.preset(0xf0, 0x11, 0x1000);
    assert.equal(drivers.uartClockHz(), 54_000_000);
    clocks.preset(0xf0, 0x15, 0x1000);
    assert.equal(drivers.uartClockHz(), 0, 'a source nobody knows');
  });
});

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

describe('the revision code', () => {
  it('tells boards that have this chip from others', () => {
    const { drivers, memory } = rig();
    const name = (code: number): string => {
      const length = drivers.nameOf(code);
      return Buffer.from(memory.buffer, drivers.page(), length).toString();
    };
    // From the table of the documentation; 0xb03115 is the emulator's.
    const boards = [
      [0xa03111, 'Raspberry Pi 4', 1024, 1, 1],
      [0xb03115, 'Raspberry Pi 4', 2048, 5, 1],
      [0xc03114, 'Raspberry Pi 4', 4096, 4, 1],
      [0xd03114, 'Raspberry Pi 4', 8192, 4, 1],
      [0xc03130, 'Raspberry Pi 400', 4096, 0, 1],
      [0xa03140, 'Compute Module 4', 1024, 0, 1],
      [0xc04170, 'another board', 4096, 0, 0], // Pi 5
      [0xa020d3, 'another board', 1024, 3, 0], // 3B+
      [0x0010, 'another board', 0, 0, 0], // old style
    ] as const;
    for (const [code, model, memoryMiB, minor, supported] of boards) {
      assert.equal(name(code), model, code.toString(16));
      assert.equal(drivers.boardMemoryMiB(code), memoryMiB);
      assert.equal(drivers.boardMinor(code), minor);
      assert.equal(drivers.isSupported(code), supported, code.toString(16));
    }
    // Overvoltage and warranty bits do not count.
    assert.equal(drivers.isSupported(0x80c03114 | 0), 1);
  });
});

describe('the UART', () => {
  it('finds divisors', () => {
    const { drivers } = rig();
    const table = [
      [3_000_000, 64],
      [2_000_000, 96],
      [1_500_000, 128],
      [1_000_000, 192],
      [921_600, 208],
      [115_200, 1667],
    ] as const;
    for (const [baud, divisor] of table) assert.equal(drivers.uartDivisor(48_000_000, baud), divisor, `${baud}`);
    assert.equal(drivers.uartBaud(48_000_000, 208), 923_077);
    for (const baud of [3_100_000, 4_000_000, 0, -5, 10]) assert.equal(drivers.uartDivisor(48_000_000, baud), -1);
    assert.equal(drivers.uartDivisor(64_000_000, 4_000_000), 64);
    assert.equal(drivers.uartDivisor(0, 115_200), -1);
  });

  it('asks the clock manager when the mailbox does not know', () => {
    const { drivers, clocks } = rig();
    clocks.preset(0xf0, 0x16, 0xfa00);
    assert.equal(drivers.uartClock(3_000_000n), 3_000_000);
    assert.equal(drivers.uartClock(0n), 48_000_000);
    assert.equal(drivers.uartClock(-1n), 48_000_000);
  });

  it('changes its rate only when it is quiet, LCR_H last', () => {
    const { drivers, uart, board } = rig();
    uart.busyUntil = board.ms(2);
    assert.equal(drivers.setUartBaud(48_000_000, 115_200, 921_600), 0);
    assert.ok(board.now >= board.ms(2));
    assert.deepEqual(uart.latched, [3, 16]);
    assert.deepEqual(uart.violations, []);
    assert.deepEqual(
      board.writes().map(([address]) => address & 0xff),
      [0x30, 0x44, 0x24, 0x28, 0x2c, 0x30],
    );
    assert.equal(uart.words.get(0x30), 0x301);
  });

  it('changes nothing when it stays busy', () => {
    const { drivers, uart, board } = rig();
    uart.busyUntil = board.ms(1000);
    assert.equal(drivers.setUartBaud(48_000_000, 115_200, 921_600), -2);
    assert.equal(board.writes().length, 0);
    assert.ok(board.now < board.ms(10) && board.now > board.ms(2.8), 'at least one FIFO’s time');
  });

  it('hands on its errors once', () => {
    const { drivers, uart } = rig();
    uart.words.set(0x04, 0x09);
    assert.equal(drivers.takeUartErrors(), 9);
    assert.equal(drivers.takeUartErrors(), 0);
  });
});

describe('the power manager', () => {
  it('arms, feeds and stops the watchdog', () => {
    const { drivers, power, board } = rig();
    power.words.set(0x1c, 0x102).set(0x20, 0x1000 | 0x555);
    drivers.armWatchdog(1000);
    assert.equal(power.words.get(0x24), 65536);
    assert.equal(power.words.get(0x1c), 0x122);
    assert.equal(power.words.get(0x20), 0x1000, 'partition 0');
    assert.deepEqual(
      board.writes().map(([address]) => address & 0xff),
      [0x20, 0x24, 0x1c],
    );
    drivers.feedWatchdog(100_000);
    assert.equal(power.words.get(0x24), 0xfffff, 'no more than 20 bits');
    drivers.feedWatchdog(0);
    assert.equal(power.words.get(0x24), 1);
    drivers.stopWatchdog();
    assert.equal(power.words.get(0x1c), 0x102);
    assert.deepEqual(power.violations, []);
  });

  it('restarts into partition 0', () => {
    const { drivers, power } = rig();
    power.words.set(0x20, 0x555);
    drivers.restartNow();
    assert.equal(power.words.get(0x20), 0);
    assert.equal(power.words.get(0x24), 10);
    assert.equal((power.words.get(0x1c) ?? 0) & 0x30, 0x20);
    power.words.set(0x20, 0x555);
    assert.throws(() => drivers.restart(), new BoardExit(1, 0));
    assert.equal(power.words.get(0x20), 0);
  });

  it('knows a cause of reset when there is one, and ends as asked', () => {
    const { drivers, power } = rig();
    assert.equal(drivers.resetCause(), 0);
    power.words.set(0x20, 0x1000);
    assert.equal(drivers.resetCause(), 1);
    power.words.set(0x20, 0x1020);
    assert.equal(drivers.resetCause(), 2);
    assert.throws(() => drivers.powerOff(), new BoardExit(2, 0));
    assert.throws(() => drivers.end(3), new BoardExit(0, 3));
  });
});

describe('a DMA engine', () => {
  it('is enabled without disturbing the others, and reset', () => {
    const { drivers, board, engines } = rig();
    engines.write(0xff0, 0x11);
    assert.equal(drivers.engineSetUp(5), 0);
    assert.deepEqual(board.writes()[0], [0xfe007ff0, 0x31]);
    for (const channel of [-1, 11, 15]) assert.equal(drivers.engineSetUp(channel), -1);
    engines.dead = true;
    assert.equal(drivers.engineSetUp(5), -3);
    assert.ok(board.now < board.ms(50));
  });

  it('is started by a constant that keeps its priorities', () => {
    const { drivers, board } = rig();
    drivers.engineSetUp(5);
    const from = board.writes().length;
    drivers.engineStart(0xc1000020);
    assert.deepEqual(board.writes(from), [
      [0xfe007504, 0xc1000020],
      [0xfe007500, 0x10f10007],
    ]);
  });

  it('is torn down by the book: no next block, drain, CS 0, reset', () => {
    const { drivers, board } = rig();
    drivers.engineSetUp(5);
    const from = board.writes().length;
    assert.equal(drivers.engineTearDown(), 0);
    assert.deepEqual(
      board
        .writes(from)
        .slice(0, 3)
        .map(([address, value]) => [address & 0xff, value]),
      [
        [0x1c, 0],
        [0x00, 0],
        [0x00, 0x80000000],
      ],
    );
  });

  it('refuses control blocks that it cannot do', () => {
    const { drivers, memory } = rig();
    assert.equal(drivers.controlBlock(5, 0x10148, 4096, 0xc1000040), 0);
    assert.deepEqual(
      [...new Uint32Array(memory.buffer, drivers.page(), 8)],
      [0x10148, 0xc1000000, 0x7e20c818, 4096, 0, 0xc1000040, 0, 0],
    );
    assert.equal(drivers.controlBlock(5, 0, 0x10000, 0), 0);
    assert.equal(drivers.controlBlock(7, 0, 0xffff, 0), 0);
    assert.equal(drivers.controlBlock(7, 0, 0x10000, 0), -2, 'lite: 16 bits of length');
    assert.equal(drivers.controlBlock(7, 2, 16, 0), -2, 'lite: no 2D');
    assert.equal(drivers.controlBlock(5, 0, 0, 0), -2);
    assert.equal(drivers.controlBlock(5, 0, 4, 0xc1000010), -2, 'not aligned');
  });
});

describe('a bridge', () => {
  it('is a smoothstep of 64 ms for half the range, exact at both ends', () => {
    const { drivers, memory } = rig();
    assert.equal(drivers.bridgePairs(1417, 2834, 44100), Math.ceil(0.064 * 44100));
    assert.equal(drivers.bridgePairs(-2834, 2834, 44100), Math.ceil(2 * 0.064 * 44100));
    assert.equal(drivers.bridgePairs(0, 2834, 44100), 0);
    assert.ok(drivers.bridgePairs(1, 651, 192000) > 0);
    const length = 400;
    const [a, b, c, d] = [100, 300, 2500, 2000];
    drivers.writeBridge(drivers.page(), a, b, c, d, length, 0, length);
    const words = new Uint32Array(memory.buffer, drivers.page(), 2 * length);
    for (let i = 0; i < length; i++) {
      const t = (i + 1) / length;
      const smooth = 3 * t * t - 2 * t * t * t;
      assert.ok(Math.abs((words[2 * i] as number) - (a + (b - a) * smooth)) <= 0.5 + 1e-9);
      assert.ok(Math.abs((words[2 * i + 1] as number) - (c + (d - c) * smooth)) <= 0.5 + 1e-9);
    }
    assert.deepEqual([...words.slice(-2)], [b, d]);
  });
});

describe('the carrier’s clock', () => {
  it('is exact for a week, both ways', () => {
    const { drivers } = rig();
    const [rate, carrier] = [62_500_000n, 44_100n];
    drivers.clockBegin(1000n, carrier, rate);
    const week = 7n * 86_400n * rate;
    for (const after of [0n, 1n, 1417n, 1418n, rate, week + 12_345n]) {
      assert.equal(drivers.clockPairs(1000n + after), (after * carrier) / rate);
    }
    const pairs = (week * carrier) / rate + 100n;
    const tick = drivers.clockTick(pairs);
    assert.equal(drivers.clockPairs(tick), pairs);
    assert.equal(drivers.clockPairs(tick - 1n), pairs - 1n);
  });
});
