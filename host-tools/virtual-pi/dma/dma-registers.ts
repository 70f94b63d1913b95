// The DMA controller's registers as data: BCM2711 ARM Peripherals, 4.2.1.2.

import { flags, numbered, type Field, type Register } from '../registers.js';

/** The ARM's address; 0x7E007000 on the bus. */
export const DMA_BASE = 0xfe007000;
export const DMA_BYTES = 0x1000;
export const CHANNEL_BYTES = 0x100;
/** Channels 0 to 6 are full, 7 to 10 lite, 11 to 14 the 40-bit ones with registers of their own. */
export const LITE_FIRST = 7;
export const WIDE_FIRST = 11;
export const CHANNELS_END = 15;
export const INT_STATUS = 0xfe0;
export const ENABLE = 0xff0;
export const ENABLE_RESET = 0x7fff;

/** Offsets in a channel; those from TI to NEXTCONBK in the order of a control block's words. */
export const Offset = {
  CS: 0x00,
  CONBLK_AD: 0x04,
  TI: 0x08,
  SOURCE_AD: 0x0c,
  DEST_AD: 0x10,
  TXFR_LEN: 0x14,
  STRIDE: 0x18,
  NEXTCONBK: 0x1c,
  DEBUG: 0x20,
} as const;

export const Cs = {
  ACTIVE: 1,
  END: 1 << 1,
  INT: 1 << 2,
  DREQ: 1 << 3,
  PAUSED: 1 << 4,
  DREQ_STOPS_DMA: 1 << 5,
  WAITING_FOR_OUTSTANDING_WRITES: 1 << 6,
  ERROR: 1 << 8,
  PRIORITY: 0xf << 16,
  PANIC_PRIORITY: 0xf << 20,
  WAIT_FOR_OUTSTANDING_WRITES: 1 << 28,
  DISDEBUG: 1 << 29,
  ABORT: 1 << 30,
  RESET: 0x80000000,
} as const;

export const Ti = {
  INTEN: 1,
  TDMODE: 1 << 1,
  WAIT_RESP: 1 << 3,
  DEST_INC: 1 << 4,
  DEST_WIDTH: 1 << 5,
  DEST_DREQ: 1 << 6,
  DEST_IGNORE: 1 << 7,
  SRC_INC: 1 << 8,
  SRC_WIDTH: 1 << 9,
  SRC_DREQ: 1 << 10,
  SRC_IGNORE: 1 << 11,
  NO_WIDE_BURSTS: 1 << 26,
} as const;

export const permapOf = (transfer: number): number => (transfer >>> 16) & 31;
export const waitsOf = (transfer: number): number => (transfer >>> 21) & 31;
export const burstOf = (transfer: number): number => (transfer >>> 12) & 15;

/** Reserved bits of TI. */
export const TI_RESERVED = 0xf8000004;
export const TI_RESERVED_LITE = 0xfc000886;

export const DEBUG_READ_ERROR = 1 << 2;
export const DEBUG_ERRORS = 7;
export const DEBUG_VERSION = 2 << 25;
export const DEBUG_LITE = 1 << 28;

const csFields: Field[] = [
  ...flags({ ACTIVE: 0, END: 1, INT: 2, DREQ: 3, PAUSED: 4, DREQ_STOPS_DMA: 5 }),
  ...flags({ WAITING_FOR_OUTSTANDING_WRITES: 6, ERROR: 8 }),
  { name: 'PRIORITY', bit: 16, bits: 4 },
  { name: 'PANIC_PRIORITY', bit: 20, bits: 4 },
  ...flags({ WAIT_FOR_OUTSTANDING_WRITES: 28, DISDEBUG: 29, ABORT: 30, RESET: 31 }),
];

const liteTiFields: Field[] = [
  ...flags({
    INTEN: 0,
    WAIT_RESP: 3,
    DEST_INC: 4,
    DEST_WIDTH: 5,
    DEST_DREQ: 6,
    SRC_INC: 8,
    SRC_WIDTH: 9,
    SRC_DREQ: 10,
  }),
  { name: 'BURST_LENGTH', bit: 12, bits: 4 },
  { name: 'PERMAP', bit: 16, bits: 5 },
  { name: 'WAITS', bit: 21, bits: 5 },
];
const tiFields: Field[] = [
  ...liteTiFields,
  ...flags({ TDMODE: 1, DEST_IGNORE: 7, SRC_IGNORE: 11, NO_WIDE_BURSTS: 26 }),
];

const debugFields: Field[] = [
  ...flags({ READ_LAST_NOT_SET_ERROR: 0, FIFO_ERROR: 1, READ_ERROR: 2 }),
  { name: 'OUTSTANDING_WRITES', bit: 4, bits: 4 },
  { name: 'DMA_ID', bit: 8, bits: 8 },
  { name: 'DMA_STATE', bit: 16, bits: 9 },
  { name: 'VERSION', bit: 25, bits: 3 },
  { name: 'LITE', bit: 28 },
];

const XLENGTH: readonly Field[] = [{ name: 'XLENGTH', bit: 0, bits: 16 }];
const YLENGTH: Field = { name: 'YLENGTH', bit: 16, bits: 14 };

function channelRegisters(channel: number): Register[] {
  const lite = channel >= LITE_FIRST;
  const named = (name: keyof typeof Offset, rest: Omit<Register, 'name' | 'offset'>): Register => ({
    name: `${channel}_${name}`,
    offset: channel * CHANNEL_BYTES + Offset[name],
    ...rest,
  });
  const length = lite ? XLENGTH : [...XLENGTH, YLENGTH];
  const stride: Field[] = [
    { name: 'S_STRIDE', bit: 0, bits: 16 },
    { name: 'D_STRIDE', bit: 16, bits: 16 },
  ];
  return [
    named('CS', { access: 'rw', fields: csFields }),
    named('CONBLK_AD', { access: 'rw' }),
    named('TI', { access: 'ro', fields: lite ? liteTiFields : tiFields }),
    named('SOURCE_AD', { access: 'ro' }),
    named('DEST_AD', { access: 'ro' }),
    named('TXFR_LEN', { access: 'ro', fields: length }),
    ...(lite ? [] : [named('STRIDE', { access: 'ro', fields: stride })]),
    // 4.2.1.1 counts it among those that cannot be written, and says in the next paragraph that it can.
    named('NEXTCONBK', { access: 'rw', reserved: 0x1f }),
    named('DEBUG', { access: 'rw', reset: DEBUG_VERSION | (lite ? DEBUG_LITE : 0), fields: debugFields, reserved: 0 }),
  ];
}

export const WIDE_CS_RESET = 8;
export const WIDE_DEBUG = 0xc;
export const WIDE_DEBUG_RESET = 0x10000400;

const wideCsFields: Field[] = [
  ...flags({ ACTIVE: 0, END: 1, INT: 2, DREQ: 3, RD_PAUSED: 4, WR_PAUSED: 5, DREQ_STOPS_DMA: 6 }),
  ...flags({ WAITING_FOR_OUTSTANDING_WRITES: 7, ERROR: 10 }),
  { name: 'QOS', bit: 16, bits: 4 },
  { name: 'PANIC_QOS', bit: 20, bits: 4 },
  ...flags({ DMA_BUSY: 24, OUTSTANDING_TRANSACTIONS: 25 }),
  ...flags({ WAIT_FOR_OUTSTANDING_WRITES: 28, DISDEBUG: 29, ABORT: 30, HALT: 31 }),
];
const wideDebugFields: Field[] = [
  ...flags({ WRITE_ERROR: 0, FIFO_ERROR: 1, READ_ERROR: 2, READ_CB_ERROR: 3 }),
  ...flags({ INT_ON_ERROR: 8, HALT_ON_ERROR: 9, ABORT_ON_ERROR: 10, DISABLE_CLK_GATE: 11 }),
  { name: 'R_STATE', bit: 14, bits: 4 },
  { name: 'W_STATE', bit: 18, bits: 4 },
  { name: 'RESET', bit: 23 },
  { name: 'ID', bit: 24, bits: 4 },
  { name: 'VERSION', bit: 28, bits: 4 },
];
const wideTiFields: Field[] = [
  ...flags({ INTEN: 0, TDMODE: 1, WAIT_RESP: 2, WAIT_RD_RESP: 3 }),
  { name: 'PERMAP', bit: 9, bits: 5 },
  ...flags({ S_DREQ: 14, D_DREQ: 15 }),
  { name: 'S_WAITS', bit: 16, bits: 8 },
  { name: 'D_WAITS', bit: 24, bits: 8 },
];
/** Of SRCI and DESTI: the address' bits above 32, and how it goes on. */
const wideInfoFields: Field[] = [
  { name: 'ADDR', bit: 0, bits: 8 },
  { name: 'BURST_LENGTH', bit: 8, bits: 4 },
  { name: 'INC', bit: 12 },
  { name: 'SIZE', bit: 13, bits: 2, values: { 0: '32', 1: '64', 2: '128', 3: '256' } },
  { name: 'IGNORE', bit: 15 },
  { name: 'STRIDE', bit: 16, bits: 16 },
];

const WIDE: readonly Register[] = [
  // What the model does not know of it is no finding.
  { name: 'CS', offset: 0x00, access: 'rw', reset: WIDE_CS_RESET, fields: wideCsFields, reserved: 0 },
  { name: 'CB', offset: 0x04, access: 'rw' },
  { name: 'DEBUG', offset: WIDE_DEBUG, access: 'rw', reset: WIDE_DEBUG_RESET, fields: wideDebugFields, reserved: 0 },
  { name: 'TI', offset: 0x10, access: 'ro', fields: wideTiFields },
  { name: 'SRC', offset: 0x14, access: 'ro' },
  { name: 'SRCI', offset: 0x18, access: 'ro', fields: wideInfoFields },
  { name: 'DEST', offset: 0x1c, access: 'ro' },
  { name: 'DESTI', offset: 0x20, access: 'ro', fields: wideInfoFields },
  { name: 'LEN', offset: 0x24, access: 'ro', fields: [...XLENGTH, YLENGTH] },
  { name: 'NEXT_CB', offset: 0x28, access: 'rw' },
  {
    name: 'DEBUG2',
    offset: 0x2c,
    access: 'ro',
    fields: [
      { name: 'OUTSTANDING_WRITES', bit: 0, bits: 9 },
      { name: 'OUTSTANDING_READS', bit: 16, bits: 9 },
    ],
  },
];

const wideRegisters = (channel: number): Register[] =>
  WIDE.map((register) => ({
    ...register,
    name: `${channel}_${register.name}`,
    offset: channel * CHANNEL_BYTES + register.offset,
  }));

export const dmaRegisters: readonly Register[] = [
  ...Array.from({ length: WIDE_FIRST }, (_, channel) => channelRegisters(channel)).flat(),
  ...Array.from({ length: CHANNELS_END - WIDE_FIRST }, (_, i) => wideRegisters(WIDE_FIRST + i)).flat(),
  { name: 'INT_STATUS', offset: INT_STATUS, access: 'ro', fields: numbered('INT', 16) },
  {
    name: 'ENABLE',
    offset: ENABLE,
    access: 'rw',
    reset: ENABLE_RESET,
    fields: [
      ...numbered('EN', CHANNELS_END),
      { name: 'PAGE', bit: 24, bits: 4 },
      { name: 'PAGELITE', bit: 28, bits: 4 },
    ],
  },
];
