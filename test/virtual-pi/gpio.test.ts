// Statements of BCM2711 ARM Peripherals, 5 (GPIO), and of BCM2835 ARM Peripherals, 6.1, against the model.

import assert from 'node:assert/strict';
import { Bus } from '../../host-tools/virtual-pi/bus.js';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { Gpio } from '../../host-tools/virtual-pi/gpio/gpio.js';
import { MICROSECOND } from '../../host-tools/virtual-pi/time.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

const GPFSEL = 0x00;
const GPSET = 0x1c;
const GPCLR = 0x28;
const GPLEV = 0x34;
const GPEDS = 0x40;
const GPREN = 0x4c;
const GPFEN = 0x58;
const GPHEN = 0x64;
const GPLEN = 0x70;
const GPAREN = 0x7c;
const GPAFEN = 0x88;
const PULLS = 0xe4;

function made() {
  const timeline = new Timeline();
  const findings = new Findings(() => timeline.now);
  const gpio = new Gpio({ timeline, findings });
  const seen: [number, boolean, number][] = [];
  gpio.onLevel = (pin, level, at) => seen.push([pin, level, at / MICROSECOND]);
  const select = (pin: number, kind: number): void => {
    const offset = GPFSEL + Math.floor(pin / 10) * 4;
    const shift = (pin % 10) * 3;
    gpio.write(offset, (gpio.read(offset) & ~(7 << shift)) | (kind << shift));
  };
  const pull = (pin: number, kind: number): void => {
    const offset = PULLS + (pin >>> 4) * 4;
    const shift = (pin & 15) * 2;
    gpio.write(offset, ((gpio.read(offset) & ~(3 << shift)) | (kind << shift)) >>> 0);
  };
  const run = (us: number): void => timeline.runTo(timeline.now + us * MICROSECOND);
  const rules = (): string[] => findings.list.map(({ rule, register }) => `${rule} ${register}`);
  const lines = (): boolean[] => gpio.interrupts.map(({ level }) => level);
  return { timeline, findings, gpio, seen, select, pull, run, rules, lines };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('virtual Pi: GPIO, pins', () => {
  it('5.3: pins are inputs after reset, with the pulls of the table', () => {
    const { gpio } = made();
    for (let pin = 0; pin < 58; pin++) {
      assert.equal(gpio.functionOf(pin), 0);
      const up = pin <= 8 || (pin >= 34 && pin <= 36) || pin >= 46;
      const none = [28, 29, 44, 45].includes(pin);
      assert.equal(gpio.pullOf(pin), none ? 0 : up ? 1 : 2, String(pin));
      assert.equal(gpio.levelOf(pin), up, String(pin));
    }
    assert.equal(gpio.read(GPLEV), 0x1ff);
    assert.equal(gpio.read(GPLEV + 4), 0x03ffc01c);
  });

  it('5.2 GPFSEL: three bits a pin, ten pins a register', () => {
    const { gpio, select } = made();
    select(41, 4);
    select(9, 1);
    assert.deepEqual([gpio.functionOf(41), gpio.functionOf(9), gpio.functionOf(40)], [4, 1, 0]);
    assert.equal(gpio.read(0x10), 4 << 3);
    assert.equal(gpio.read(0x00), 1 << 27);
  });

  it('5.2 GPSET and GPCLR: a 1 sets or clears the pin, a 0 has no effect', () => {
    const { gpio, select, seen, run } = made();
    select(42, 1);
    run(1);
    gpio.write(GPSET + 4, 1 << 10);
    gpio.write(GPSET + 4, 0);
    gpio.write(GPCLR + 4, 0);
    assert.equal((gpio.read(GPLEV + 4) >>> 10) & 1, 1);
    run(1);
    gpio.write(GPCLR + 4, 1 << 10);
    assert.equal(gpio.levelOf(42), false);
    assert.deepEqual(seen, [
      [42, false, 0],
      [42, true, 1],
      [42, false, 2],
    ]);
  });

  it('5.2 GPSET: of a pin that is no output takes effect when it becomes one', () => {
    const { gpio, select, seen } = made();
    gpio.write(GPSET, 1 << 17);
    assert.equal(gpio.levelOf(17), false);
    select(17, 1);
    assert.equal(gpio.levelOf(17), true);
    assert.deepEqual(seen, [[17, true, 0]]);
  });

  it('5.2 GPSET: is write only, and reads the tag of the block', () => {
    const { gpio, findings } = made();
    const bus = new Bus(findings);
    bus.add(gpio);
    assert.equal(bus.read(0xfe200020), 0x6770696f);
    assert.equal(findings.list[0]?.rule, 'write-only-read');
  });

  it('5.2 GPIO_PUP_PDN_CNTRL: 1 pulls up, 2 down, what drives from outside is stronger', () => {
    const { gpio, pull } = made();
    pull(17, 1);
    assert.equal(gpio.levelOf(17), true);
    gpio.drive(17, false);
    assert.equal(gpio.levelOf(17), false);
    gpio.drive(17, undefined);
    assert.equal(gpio.levelOf(17), true);
    pull(17, 2);
    assert.equal(gpio.levelOf(17), false);
    gpio.drive(17, true);
    assert.equal((gpio.read(GPLEV) >>> 17) & 1, 1);
  });

  it('5.2 GPIO_PUP_PDN_CNTRL: 3 is reserved', () => {
    const { pull, rules } = made();
    pull(17, 3);
    assert.deepEqual(rules(), ['forbidden GPIO_PUP_PDN_CNTRL_REG1']);
  });

  it('an output drives its own level whatever is outside', () => {
    const { gpio, select } = made();
    select(17, 1);
    gpio.drive(17, true);
    assert.equal(gpio.levelOf(17), false);
  });

  it('finds a change from one function to another that is not by way of input', () => {
    const { select, rules } = made();
    select(40, 4);
    select(40, 0);
    select(40, 1);
    assert.deepEqual(rules(), []);
    select(40, 4);
    assert.deepEqual(rules(), ['forbidden GPFSEL4']);
  });

  it("finds a change of the board's own pins, and not a write that leaves them", () => {
    const { gpio, select, pull, rules } = made();
    gpio.preset(43, 3, 1);
    select(42, 1);
    pull(42, 0);
    assert.deepEqual(rules(), []);
    select(43, 0);
    pull(44, 1);
    assert.deepEqual(rules(), ['forbidden GPFSEL4', 'forbidden GPIO_PUP_PDN_CNTRL_REG2']);
  });

  it('the pins of Ethernet, Bluetooth and WiFi are the board’s, those beside them are free', () => {
    const { gpio, select, pull, rules } = made();
    const own = Array.from({ length: 58 }, (_, pin) => pin).filter((pin) => {
      const before = rules().length;
      select(pin, 1);
      return rules().length > before;
    });
    assert.deepEqual(own, [28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, ...range(43, 57)]);
    const before = rules().length;
    for (const pin of [28, 30, 39]) pull(pin, gpio.pullOf(pin) === 1 ? 2 : 1);
    assert.equal(rules().length, before + 3);
  });

  it('pins 32 and 33 may become inputs, which takes Bluetooth off the UART', () => {
    const { gpio, select, rules } = made();
    for (const pin of [32, 33]) {
      gpio.preset(pin, 7, 1);
      select(pin, 0);
    }
    assert.deepEqual(rules(), []);
    select(32, 7);
    gpio.preset(34, 7, 1);
    select(34, 0);
    assert.deepEqual(rules(), ['forbidden GPFSEL3', 'forbidden GPFSEL3']);
  });

  it('finds the pull registers of older chips', () => {
    const { gpio, rules } = made();
    gpio.write(0x94, 2);
    gpio.write(0x98, 1 << 17);
    assert.deepEqual(rules(), ['forbidden GPPUD', 'forbidden GPPUDCLK']);
    assert.equal(gpio.pullOf(17), 2);
  });
});

describe('virtual Pi: GPIO, events', () => {
  it('5.2 GPREN and GPFEN: an edge sets the bit in GPEDS and its interrupt', () => {
    for (const [register, from] of [
      [GPREN, false],
      [GPFEN, true],
    ] as const) {
      const { gpio, run, lines } = made();
      gpio.drive(17, from);
      run(1);
      gpio.write(register, 1 << 17);
      gpio.drive(17, !from);
      run(1);
      assert.equal(gpio.read(GPEDS), 1 << 17);
      assert.deepEqual(lines(), [true, false, false, true]);
      gpio.write(GPEDS, 1 << 17);
      gpio.drive(17, from);
      run(1);
      assert.equal(gpio.read(GPEDS), 0);
    }
  });

  it('5.2 GPEDS: cleared by a 1 only', () => {
    const { gpio, run, lines } = made();
    gpio.write(GPREN, 3 << 17);
    gpio.drive(17, true);
    gpio.drive(18, true);
    run(1);
    gpio.write(GPEDS, 1 << 17);
    assert.equal(gpio.read(GPEDS), 1 << 18);
    gpio.write(GPEDS, 1 << 18);
    assert.deepEqual(lines(), [false, false, false, false]);
  });

  it('BCM2835 6.1 GPREN: sampled for "011", so a glitch is suppressed; GPAREN detects it', () => {
    const { gpio, run, timeline } = made();
    gpio.write(GPREN, 1 << 17);
    gpio.write(GPAREN, 1 << 18);
    for (const pin of [17, 18]) gpio.drive(pin, true);
    timeline.runTo(timeline.now + 10);
    for (const pin of [17, 18]) gpio.drive(pin, false);
    run(1);
    assert.equal(gpio.read(GPEDS), 1 << 18);
  });

  it('5.2 GPAFEN: a falling edge at once', () => {
    const { gpio } = made();
    gpio.write(GPAFEN, 1 << 5);
    gpio.drive(5, false);
    assert.equal(gpio.read(GPEDS), 1 << 5);
  });

  it('5.2 GPHEN and GPLEN: the bit is set again while the level stays', () => {
    for (const [register, level] of [
      [GPHEN, true],
      [GPLEN, false],
    ] as const) {
      const { gpio } = made();
      gpio.drive(36, !level);
      gpio.write(register + 4, 1 << 4);
      assert.equal(gpio.read(GPEDS + 4), 0);
      gpio.drive(36, level);
      gpio.write(GPEDS + 4, 1 << 4);
      assert.equal(gpio.read(GPEDS + 4), 1 << 4);
      gpio.drive(36, !level);
      gpio.write(GPEDS + 4, 1 << 4);
      assert.equal(gpio.read(GPEDS + 4), 0);
    }
  });

  it('interrupt 145 is pins 0 to 27, 146 is 28 to 45, 147 is 46 to 57, 148 any', () => {
    for (const [pin, group] of [
      [0, 0],
      [27, 0],
      [28, 1],
      [31, 1],
      [32, 1],
      [45, 1],
      [46, 2],
      [57, 2],
    ] as const) {
      const { gpio, run, lines } = made();
      gpio.drive(pin, false);
      run(1);
      gpio.write(GPREN + (pin >>> 5) * 4, (1 << (pin & 31)) >>> 0);
      gpio.drive(pin, true);
      run(1);
      const wanted = [group === 0, group === 1, group === 2, true];
      assert.deepEqual(lines(), wanted, String(pin));
      gpio.write(GPEDS + (pin >>> 5) * 4, (1 << (pin & 31)) >>> 0);
      assert.deepEqual(lines(), [false, false, false, false], String(pin));
    }
  });

  it('a bouncing button gives an event at each of its edges', () => {
    const { gpio, run } = made();
    gpio.write(GPFEN, 1 << 5);
    let events = 0;
    for (let i = 0; i < 10; i++) {
      gpio.drive(5, i % 2 === 1);
      run(100);
      if (gpio.read(GPEDS)) events++;
      gpio.write(GPEDS, 1 << 5);
    }
    assert.equal(events, 5);
  });
});
