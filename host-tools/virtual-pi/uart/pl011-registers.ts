// Registers of the PL011. BCM2711 ARM Peripherals, 11.5 (UART), which leaves out infrared and the DMA of ARM DDI 0183.

import { flags, type Field, type Register } from '../registers.js';

export const enum Uart {
  Dr = 0x00,
  Rsrecr = 0x04,
  Fr = 0x18,
  Ibrd = 0x24,
  Fbrd = 0x28,
  Lcrh = 0x2c,
  Cr = 0x30,
  Ifls = 0x34,
  Imsc = 0x38,
  Ris = 0x3c,
  Mis = 0x40,
  Icr = 0x44,
}

/** Bits of RIS, MIS, IMSC and ICR. */
export const enum Interrupt {
  Rx = 0x10,
  Tx = 0x20,
  Rt = 0x40,
  Fe = 0x80,
  Pe = 0x100,
  Be = 0x200,
  Oe = 0x400,
  All = 0x7ff,
}

const interrupts = (ending: string): Field[] =>
  ['RI', 'CTS', 'DCD', 'DSR', 'RX', 'TX', 'RT', 'FE', 'PE', 'BE', 'OE'].map((name, bit) => ({
    name: bit < 4 ? `${name}M${ending}` : `${name}${ending}`,
    bit,
  }));

const LEVELS = { 0: '1/8', 1: '1/4', 2: '1/2', 3: '3/4', 4: '7/8' };

export const REGISTERS: readonly Register[] = [
  {
    name: 'DR',
    offset: Uart.Dr,
    access: 'rw',
    fields: [{ name: 'DATA', bit: 0, bits: 8 }, ...flags({ FE: 8, PE: 9, BE: 10, OE: 11 })],
  },
  // A write clears all whatever is written.
  { name: 'RSRECR', offset: Uart.Rsrecr, access: 'rw', fields: flags({ FE: 0, PE: 1, BE: 2, OE: 3 }), reserved: 0 },
  {
    name: 'FR',
    offset: Uart.Fr,
    access: 'ro',
    reset: 0x90,
    fields: flags({ CTS: 0, DSR: 1, DCD: 2, BUSY: 3, RXFE: 4, TXFF: 5, RXFF: 6, TXFE: 7, RI: 8 }),
  },
  { name: 'IBRD', offset: Uart.Ibrd, access: 'rw', fields: [{ name: 'IBRD', bit: 0, bits: 16 }] },
  { name: 'FBRD', offset: Uart.Fbrd, access: 'rw', fields: [{ name: 'FBRD', bit: 0, bits: 6 }] },
  {
    name: 'LCRH',
    offset: Uart.Lcrh,
    access: 'rw',
    fields: [
      ...flags({ BRK: 0, PEN: 1, EPS: 2, STP2: 3, FEN: 4 }),
      { name: 'WLEN', bit: 5, bits: 2, values: { 0: '5 bits', 1: '6 bits', 2: '7 bits', 3: '8 bits' } },
      { name: 'SPS', bit: 7 },
    ],
  },
  {
    name: 'CR',
    offset: Uart.Cr,
    access: 'rw',
    reset: 0x300,
    fields: flags({ UARTEN: 0, LBE: 7, TXE: 8, RXE: 9, RTS: 11, RTSEN: 14, CTSEN: 15 }),
  },
  {
    name: 'IFLS',
    offset: Uart.Ifls,
    access: 'rw',
    reset: 0x12,
    fields: [
      { name: 'TXIFLSEL', bit: 0, bits: 3, values: LEVELS },
      { name: 'RXIFLSEL', bit: 3, bits: 3, values: LEVELS },
    ],
  },
  { name: 'IMSC', offset: Uart.Imsc, access: 'rw', fields: interrupts('IM') },
  { name: 'RIS', offset: Uart.Ris, access: 'ro', fields: interrupts('RIS') },
  { name: 'MIS', offset: Uart.Mis, access: 'ro', fields: interrupts('MIS') },
  { name: 'ICR', offset: Uart.Icr, access: 'wo', fields: interrupts('IC') },
];
