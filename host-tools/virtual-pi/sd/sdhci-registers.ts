// The registers of an SD host controller as 32-bit words. SD Host Controller Simplified Specification 3.00, 2.2
// (register numbers recalled; bits as Microchip's manuals of controllers of that version list them), and what the
// BCM2711's two controllers read.

import { flags, type Register } from '../registers.js';

/** The card's socket hangs on EMMC2, WiFi on EMMC1; both share interrupt 158. */
export const EMMC2 = { name: 'EMMC2', base: 0xfe34_0000, capabilities: [0x45ee_6432, 0xa525] } as const;
export const EMMC1 = { name: 'EMMC1', base: 0xfe30_0000, capabilities: [0, 0], losesWrites: true } as const;
export const IRQ_EMMC = 158;
export const SDHCI_BYTES = 0x100;

export const ARGUMENT2 = 0x00;
export const BLOCK = 0x04;
export const ARGUMENT = 0x08;
export const COMMAND = 0x0c;
export const RESPONSE = 0x10;
export const DATA = 0x20;
export const PRESENT = 0x24;
export const HOST = 0x28;
export const CLOCK = 0x2c;
export const STATUS = 0x30;
export const STATUS_ENABLE = 0x34;
export const SIGNAL_ENABLE = 0x38;
export const CONTROL2 = 0x3c;
export const CAPABILITIES = 0x40;
export const VERSION = 0xfc;

/** COMMAND: transfer mode, and the command in the upper half. */
export const DMA_ENABLE = 1 << 0;
export const COUNT_ENABLE = 1 << 1;
export const AUTO_CMD12 = 1 << 2;
export const AUTO_CMD23 = 1 << 3;
export const READ = 1 << 4;
export const MULTIPLE = 1 << 5;
export const CHECK_CRC = 1 << 19;
export const CHECK_INDEX = 1 << 20;
export const DATA_PRESENT = 1 << 21;
export const RESPONSE_TYPE = 16;
export const COMMAND_TYPE = 22;
export const COMMAND_INDEX = 24;
export const ABORT = 3;

export const INHIBIT_CMD = 1 << 0;
export const INHIBIT_DAT = 1 << 1;
export const DAT_ACTIVE = 1 << 2;
export const WRITE_ACTIVE = 1 << 8;
export const READ_ACTIVE = 1 << 9;
export const WRITE_READY = 1 << 10;
export const READ_READY = 1 << 11;
export const DAT0_LEVEL = 1 << 20;
/** Card inserted, stable, detect pin, write enabled, and all lines high: what it reads at rest (measured by others). */
export const AT_REST = 0x1fff_0000;

export const FOUR_LINES = 1 << 1;
export const DMA_SELECT = 3 << 3;
export const EIGHT_LINES = 1 << 5;
export const POWER_ON = 1 << 8;
export const POWER_VOLTAGE = 9;
export const GAP_CONTROL = 0xf << 16;
/** Reads 1 whatever is written (measured by others on a Pi 4). */
export const HOST_ALWAYS = 1 << 23;

export const INTERNAL_ENABLE = 1 << 0;
export const INTERNAL_STABLE = 1 << 1;
export const CARD_ENABLE = 1 << 2;
export const PROGRAMMABLE = 1 << 5;
export const DIVIDER = 0xffc0;
export const TIMEOUT = 16;
export const RESET_ALL = 1 << 24;
export const RESET_CMD = 1 << 25;
export const RESET_DAT = 1 << 26;

export const COMMAND_COMPLETE = 1 << 0;
export const TRANSFER_COMPLETE = 1 << 1;
export const BUFFER_WRITE_READY = 1 << 4;
export const BUFFER_READ_READY = 1 << 5;
export const ERROR_INTERRUPT = 1 << 15;
export const COMMAND_TIMEOUT = 1 << 16;
export const COMMAND_CRC = 1 << 17;
export const COMMAND_END = 1 << 18;
export const COMMAND_INDEX_ERROR = 1 << 19;
export const DATA_TIMEOUT = 1 << 20;
export const DATA_CRC = 1 << 21;
export const DATA_END = 1 << 22;
export const AUTO_COMMAND = 1 << 24;

/** CONTROL2, Auto CMD Error Status. */
export const AUTO_TIMEOUT = 1 << 1;
export const AUTO_CRC = 1 << 2;
export const SIGNALS_1V8 = 1 << 19;

const EVENTS = flags({
  'Command Complete': 0,
  'Transfer Complete': 1,
  'Block Gap Event': 2,
  'DMA Interrupt': 3,
  'Buffer Write Ready': 4,
  'Buffer Read Ready': 5,
  'Card Insertion': 6,
  'Card Removal': 7,
  'Card Interrupt': 8,
  'Error Interrupt': 15,
  'Command Timeout Error': 16,
  'Command CRC Error': 17,
  'Command End Bit Error': 18,
  'Command Index Error': 19,
  'Data Timeout Error': 20,
  'Data CRC Error': 21,
  'Data End Bit Error': 22,
  'Current Limit Error': 23,
  'Auto CMD Error': 24,
  'ADMA Error': 25,
});

export const REGISTERS: readonly Register[] = [
  { name: 'ARGUMENT2', offset: ARGUMENT2, access: 'rw' },
  {
    name: 'BLOCK',
    offset: BLOCK,
    access: 'rw',
    fields: [
      { name: 'Block Count', bit: 16, bits: 16 },
      { name: 'SDMA Buffer Boundary', bit: 12, bits: 3 },
      { name: 'Block Size', bit: 0, bits: 12 },
    ],
  },
  { name: 'ARGUMENT', offset: ARGUMENT, access: 'rw' },
  {
    name: 'COMMAND',
    offset: COMMAND,
    access: 'rw',
    fields: [
      { name: 'Command Index', bit: 24, bits: 6 },
      { name: 'Command Type', bit: 22, bits: 2, values: { 0: 'normal', 1: 'suspend', 2: 'resume', 3: 'abort' } },
      { name: 'Data Present', bit: 21 },
      { name: 'Index Check', bit: 20 },
      { name: 'CRC Check', bit: 19 },
      { name: 'Response Type', bit: 16, bits: 2, values: { 0: 'none', 1: '136', 2: '48', 3: '48 busy' } },
      { name: 'Multi Block', bit: 5 },
      { name: 'Read', bit: 4 },
      { name: 'Auto CMD', bit: 2, bits: 2, values: { 0: 'none', 1: 'CMD12', 2: 'CMD23' } },
      { name: 'Block Count Enable', bit: 1 },
      { name: 'DMA Enable', bit: 0 },
    ],
  },
  ...[0, 1, 2, 3].map((i): Register => ({ name: `RESPONSE${i}`, offset: RESPONSE + 4 * i, access: 'ro' })),
  { name: 'DATA', offset: DATA, access: 'rw' },
  {
    name: 'PRESENT',
    offset: PRESENT,
    access: 'ro',
    reset: AT_REST,
    fields: [
      { name: 'DAT7:4 Level', bit: 25, bits: 4 },
      { name: 'CMD Level', bit: 24 },
      { name: 'DAT3:0 Level', bit: 20, bits: 4 },
      { name: 'Write Enabled', bit: 19 },
      { name: 'Card Detect Pin', bit: 18 },
      { name: 'Card State Stable', bit: 17 },
      { name: 'Card Inserted', bit: 16 },
      { name: 'Buffer Read Enable', bit: 11 },
      { name: 'Buffer Write Enable', bit: 10 },
      { name: 'Read Transfer Active', bit: 9 },
      { name: 'Write Transfer Active', bit: 8 },
      { name: 'DAT Line Active', bit: 2 },
      { name: 'Command Inhibit (DAT)', bit: 1 },
      { name: 'Command Inhibit (CMD)', bit: 0 },
    ],
  },
  {
    name: 'HOST',
    offset: HOST,
    access: 'rw',
    reset: HOST_ALWAYS,
    fields: [
      { name: 'Wakeup', bit: 24, bits: 3 },
      { name: 'Always 1', bit: 23 },
      { name: 'Block Gap Control', bit: 16, bits: 4 },
      { name: 'Bus Voltage', bit: 9, bits: 3, values: { 5: '1.8 V', 6: '3.0 V', 7: '3.3 V' } },
      { name: 'Bus Power', bit: 8 },
      { name: 'Card Detect Signal', bit: 7 },
      { name: 'Card Detect Test', bit: 6 },
      { name: '8 Lines', bit: 5 },
      { name: 'DMA Select', bit: 3, bits: 2 },
      { name: 'High Speed', bit: 2 },
      { name: '4 Lines', bit: 1 },
      { name: 'LED', bit: 0 },
    ],
  },
  {
    name: 'CLOCK',
    offset: CLOCK,
    access: 'rw',
    fields: [
      { name: 'Reset DAT', bit: 26 },
      { name: 'Reset CMD', bit: 25 },
      { name: 'Reset All', bit: 24 },
      { name: 'Data Timeout', bit: 16, bits: 4 },
      { name: 'Divider 7:0', bit: 8, bits: 8 },
      { name: 'Divider 9:8', bit: 6, bits: 2 },
      { name: 'Programmable', bit: 5 },
      { name: 'SD Clock Enable', bit: 2 },
      { name: 'Internal Clock Stable', bit: 1 },
      { name: 'Internal Clock Enable', bit: 0 },
    ],
  },
  // Writes to reserved bits are ignored (2.1), and drivers clear and enable all at once.
  { name: 'STATUS', offset: STATUS, access: 'rw', fields: EVENTS, reserved: 0 },
  { name: 'STATUS_ENABLE', offset: STATUS_ENABLE, access: 'rw', fields: EVENTS, reserved: 0 },
  { name: 'SIGNAL_ENABLE', offset: SIGNAL_ENABLE, access: 'rw', fields: EVENTS, reserved: 0 },
  {
    name: 'CONTROL2',
    offset: CONTROL2,
    access: 'rw',
    fields: [
      { name: 'Preset Enable', bit: 31 },
      { name: 'Asynchronous Interrupt', bit: 30 },
      { name: 'Sampling Clock Select', bit: 23 },
      { name: 'Execute Tuning', bit: 22 },
      { name: 'Driver Strength', bit: 20, bits: 2 },
      { name: '1.8 V Signals', bit: 19 },
      { name: 'UHS Mode', bit: 16, bits: 3 },
      { name: 'Not Issued By Auto CMD12', bit: 7 },
      { name: 'Auto CMD Index Error', bit: 4 },
      { name: 'Auto CMD End Bit Error', bit: 3 },
      { name: 'Auto CMD CRC Error', bit: 2 },
      { name: 'Auto CMD Timeout Error', bit: 1 },
      { name: 'Auto CMD12 Not Executed', bit: 0 },
    ],
  },
  {
    name: 'CAPABILITIES',
    offset: CAPABILITIES,
    access: 'ro',
    fields: [
      { name: 'Slot Type', bit: 30, bits: 2, values: { 0: 'removable', 1: 'embedded', 2: 'shared bus' } },
      { name: 'Asynchronous Interrupt', bit: 29 },
      { name: '64-bit Bus', bit: 28 },
      { name: '1.8 V', bit: 26 },
      { name: '3.0 V', bit: 25 },
      { name: '3.3 V', bit: 24 },
      { name: 'Suspend/Resume', bit: 23 },
      { name: 'SDMA', bit: 22 },
      { name: 'High Speed', bit: 21 },
      { name: 'ADMA2', bit: 19 },
      { name: '8 Lines', bit: 18 },
      { name: 'Max Block Length', bit: 16, bits: 2, values: { 0: '512', 1: '1024', 2: '2048' } },
      { name: 'Base Clock MHz', bit: 8, bits: 8 },
      { name: 'Timeout Clock Unit', bit: 7, values: { 0: 'kHz', 1: 'MHz' } },
      { name: 'Timeout Clock', bit: 0, bits: 6 },
    ],
  },
  {
    name: 'CAPABILITIES_HIGH',
    offset: CAPABILITIES + 4,
    access: 'ro',
    fields: [
      { name: 'Clock Multiplier', bit: 16, bits: 8 },
      { name: 'Re-Tuning Modes', bit: 14, bits: 2 },
      { name: 'Tuning for SDR50', bit: 13 },
      { name: 'Re-Tuning Timer', bit: 8, bits: 4 },
      ...flags({ 'Driver Type D': 6, 'Driver Type C': 5, 'Driver Type A': 4, DDR50: 2, SDR104: 1, SDR50: 0 }),
    ],
  },
  {
    name: 'VERSION',
    offset: VERSION,
    access: 'ro',
    reset: 0x1002_0000,
    fields: [
      { name: 'Vendor Version', bit: 24, bits: 8 },
      { name: 'Specification Version', bit: 16, bits: 8, values: { 0: '1.00', 1: '2.00', 2: '3.00' } },
      { name: 'Slot Interrupt', bit: 0, bits: 8 },
    ],
  },
];
