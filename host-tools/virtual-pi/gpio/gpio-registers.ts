// Registers of the pins. BCM2711 ARM Peripherals, 5.2.

import { flags, numbered, repeated, type Access, type Field, type Register } from '../registers.js';

export const enum Gpio {
  Gpfsel5 = 0x14,
  Gpset = 0x1c,
  Gpclr = 0x28,
  Gplev = 0x34,
  Gpeds = 0x40,
  Gpren = 0x4c,
  Gpfen = 0x58,
  Gphen = 0x64,
  Gplen = 0x70,
  Gparen = 0x7c,
  Gpafen = 0x88,
  Gppud = 0x94,
  Gppudclk = 0x98,
  PinMux = 0xd0,
  Pulls = 0xe4,
}

/** GPIO_PUP_PDN_CNTRL_REG0 to 3: pins 0-8, 34-36 and 46-57 up, 28, 29, 44 and 45 none, all others down (5.3). */
export const PULL_RESETS = [0xaaa95555, 0xa0aaaaaa, 0x50aaa95a, 0x00055555];

const FUNCTIONS = { 0: 'input', 1: 'output', 4: 'ALT0', 5: 'ALT1', 6: 'ALT2', 7: 'ALT3', 3: 'ALT4', 2: 'ALT5' };
const PULLS = { 0: 'none', 1: 'up', 2: 'down' };

const pinFields = (name: string, first: number, count: number, bits: number, values?: Field['values']): Field[] =>
  numbered(name, Math.min(count, 58 - first), first, bits, values);

/** One bit a pin: pins 0-31, then 32-57. Fields are named as the manual does: of GPSET0 SET0, SET1, … */
const pair = (name: string, offset: number, access: Access = 'rw'): Register[] =>
  [0, 1].map((bank) => ({
    name: `${name}${bank}`,
    offset: offset + bank * 4,
    access,
    fields: pinFields(name.slice(2), bank * 32, 32, 1),
  }));

export const REGISTERS: readonly Register[] = [
  ...repeated(6, 4, { name: 'GPFSEL', offset: 0, access: 'rw' }).map((register, i) => ({
    ...register,
    fields: pinFields('FSEL', i * 10, 10, 3, FUNCTIONS),
  })),
  ...pair('GPSET', Gpio.Gpset, 'wo'),
  ...pair('GPCLR', Gpio.Gpclr, 'wo'),
  ...pair('GPLEV', Gpio.Gplev, 'ro'),
  ...pair('GPEDS', Gpio.Gpeds),
  ...pair('GPREN', Gpio.Gpren),
  ...pair('GPFEN', Gpio.Gpfen),
  ...pair('GPHEN', Gpio.Gphen),
  ...pair('GPLEN', Gpio.Gplen),
  ...pair('GPAREN', Gpio.Gparen),
  ...pair('GPAFEN', Gpio.Gpafen),
  { name: 'GPPUD', offset: Gpio.Gppud, access: 'rw', fields: [{ name: 'PUD', bit: 0, bits: 2 }], reserved: 0 },
  ...pair('GPPUDCLK', Gpio.Gppudclk).map((register) => ({ ...register, reserved: 0 })),
  // Not in the manual: bit 1 routes the card slot, read as it stands on a running board.
  { name: 'PIN_MUX', offset: Gpio.PinMux, access: 'ro', reset: 1, fields: flags({ CARD_ROUTE: 1 }) },
  ...PULL_RESETS.map((reset, i): Register => ({
    name: `GPIO_PUP_PDN_CNTRL_REG${i}`,
    offset: Gpio.Pulls + i * 4,
    access: 'rw',
    reset,
    fields: pinFields('GPIO_PUP_PDN_CNTRL', i * 16, 16, 2, PULLS),
  })),
];
