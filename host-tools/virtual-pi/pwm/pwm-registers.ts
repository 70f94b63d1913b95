// The registers of a PWM block. BCM2711 ARM Peripherals, 8.6 (Control and Status Registers).

import { flags, type Register } from '../registers.js';

/** The two blocks: addresses (8.6) and numbers of their DREQ (4.2.1.3). */
export const PWM0 = { name: 'PWM0', base: 0xfe20c000, dreq: 5 } as const;
export const PWM1 = { name: 'PWM1', base: 0xfe20c800, dreq: 1 } as const;

export const CTL = 0x00;
export const STA = 0x04;
export const DMAC = 0x08;
export const RNG1 = 0x10;
export const DAT1 = 0x14;
export const FIF1 = 0x18;
export const RNG2 = 0x20;
export const DAT2 = 0x24;
export const PWM_BYTES = 0x28;

export const PWEN1 = 1 << 0;
export const MODE1 = 1 << 1;
export const RPTL1 = 1 << 2;
export const SBIT1 = 1 << 3;
export const POLA1 = 1 << 4;
export const USEF1 = 1 << 5;
export const CLRF1 = 1 << 6;
export const MSEN1 = 1 << 7;
/** The same bits of channel 2, which has no CLRF, are so many higher. */
export const CHANNEL2 = 8;
export const PWEN2 = PWEN1 << CHANNEL2;
export const RPTL2 = RPTL1 << CHANNEL2;

export const FULL1 = 1 << 0;
export const EMPT1 = 1 << 1;
export const WERR1 = 1 << 2;
export const RERR1 = 1 << 3;
export const GAPO1 = 1 << 4;
export const GAPO2 = 1 << 5;
export const BERR = 1 << 8;
export const STA1 = 1 << 9;
export const STA2 = 1 << 10;

export const DMAC_ENAB = 0x8000_0000;

export const RANGE_RESET = 0x20;
/** Both thresholds 7, ENAB 0. */
export const DMAC_RESET = 0x707;

/** What a read of FIF1 gives whatever the FIFO holds: "pwm0" (measured by others on a Pi 2 and 3). */
export const FIFO_READ = 0x7077_6d30;

export const REGISTERS: readonly Register[] = [
  {
    name: 'CTL',
    offset: CTL,
    access: 'rw',
    fields: flags({
      MSEN2: 15,
      USEF2: 13,
      POLA2: 12,
      SBIT2: 11,
      RPTL2: 10,
      MODE2: 9,
      PWEN2: 8,
      MSEN1: 7,
      CLRF1: 6,
      USEF1: 5,
      POLA1: 4,
      SBIT1: 3,
      RPTL1: 2,
      MODE1: 1,
      PWEN1: 0,
    }),
  },
  {
    name: 'STA',
    offset: STA,
    access: 'rw',
    fields: flags({
      STA2: 10,
      STA1: 9,
      BERR: 8,
      GAPO2: 5,
      GAPO1: 4,
      RERR1: 3,
      WERR1: 2,
      EMPT1: 1,
      FULL1: 0,
    }),
  },
  {
    name: 'DMAC',
    offset: DMAC,
    access: 'rw',
    reset: DMAC_RESET,
    fields: [
      { name: 'ENAB', bit: 31 },
      { name: 'PANIC', bit: 8, bits: 8 },
      { name: 'DREQ', bit: 0, bits: 8 },
    ],
  },
  { name: 'RNG1', offset: RNG1, access: 'rw', reset: RANGE_RESET },
  { name: 'DAT1', offset: DAT1, access: 'rw' },
  { name: 'FIF1', offset: FIF1, access: 'wo' },
  { name: 'RNG2', offset: RNG2, access: 'rw', reset: RANGE_RESET },
  { name: 'DAT2', offset: DAT2, access: 'rw' },
];
