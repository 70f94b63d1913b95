// The base clocks of the two SD host controllers.

import { read32 } from './board';
import { emmc2ClockHz } from './clock-manager';
import { Clock, clockRate } from './mailbox';

export const EMMC2: u32 = 0xfe340000;
export const EMMC1: u32 = 0xfe300000;

/** Its capabilities tell the base clock in MHz (SDHCI 3.00, 2.2.25). */
const CAPABILITIES: u32 = 0x40;
const BASE_SHIFT: u32 = 8;
const BASE_MASK: u32 = 0xff;
const MHZ: i64 = 1_000_000;
/** The most there is: what is assumed when nothing is known can only be slow. */
const EMMC2_MOST_HZ: i64 = 200_000_000;
const EMMC1_MOST_HZ: i64 = 250_000_000;

/** In Hz, of the controller at `base`. */
export function sdBaseHz(base: u32): i64 {
  const capable = <i64>((read32(base + CAPABILITIES) >> BASE_SHIFT) & BASE_MASK) * MHZ;
  if (base === EMMC1) {
    const told = clockRate(Clock.Emmc);
    return told > 0 ? told : capable > 0 ? capable : EMMC1_MOST_HZ;
  }
  const runs = <i64>emmc2ClockHz();
  if (!runs) return capable > 0 ? capable : EMMC2_MOST_HZ;
  // The firmware changes it, the capabilities stay.
  return !capable || runs === capable ? runs : EMMC2_MOST_HZ;
}
