// Restart, power off, the watchdog. The power manager's registers are as Linux (bcm2835_wdt) and circle use them.
//
// A restart goes to the partition whose number stands in RSTS, spread over every other bit; 0 is the normal boot and
// 63 halts. It is written before each restart, as a bootloader may have left another one behind.

import { Exit, exit, read32, write32 } from './board';

const PM_RSTC: u32 = 0xfe10001c;
const PM_RSTS: u32 = 0xfe100020;
const PM_WDOG: u32 = 0xfe100024;

/** Every write carries it, or is ignored. */
const PASSWD: u32 = 0x5a000000;
/** RSTC: what happens when the watchdog ends. */
const WRCFG_KEEP: u32 = 0xffffffcf;
const WRCFG_FULL_RESET: u32 = 0x20;
/** RSTC after reset: no reaction. */
const RSTC_RESET: u32 = 0x102;
/** RSTS: the partition's bits, and causes. */
const PARTITION_KEEP: u32 = 0xfffffaaa;
const HAD_WATCHDOG: u32 = 0x20;
const HAD_POWER_ON: u32 = 0x1000;
/** WDOG counts down 65536 times a second, 20 bits. */
const WDOG_HZ: i64 = 65536;
const WDOG_MOST: i64 = 0xfffff;
/** The longest time the watchdog can be set to, in milliseconds. */
export const WATCHDOG_MOST_MS: i32 = 15999;
const RESTART_TICKS: u32 = 10;

/** Why the machine started, as far as RSTS tells: mostly the firmware has cleared it, and then it is Unknown. */
export const enum ResetCause {
  Unknown = 0,
  PowerOn = 1,
  /** The watchdog ended; a wanted restart looks the same. */
  Watchdog = 2,
}

/** Reads the reset cause. */
export function resetCause(): ResetCause {
  const status = read32(PM_RSTS);
  if (status & HAD_WATCHDOG) return ResetCause.Watchdog;
  return status & HAD_POWER_ON ? ResetCause.PowerOn : ResetCause.Unknown;
}

function setWatchdog(ticks: u32): void {
  write32(PM_WDOG, PASSWD | ticks);
}

function clearPartition(): void {
  write32(PM_RSTS, PASSWD | (read32(PM_RSTS) & PARTITION_KEEP & ~((<u32>0xff) << 24)));
}

function reactToWatchdog(): void {
  write32(PM_RSTC, PASSWD | (read32(PM_RSTC) & WRCFG_KEEP & ~((<u32>0xff) << 24)) | WRCFG_FULL_RESET);
}

/** Sets the watchdog, 1 to WATCHDOG_MOST_MS milliseconds: unless fed within them the board starts again. */
export function armWatchdog(ms: i32): void {
  clearPartition();
  feedWatchdog(ms);
  reactToWatchdog();
}

/** Gives an armed watchdog `ms` milliseconds from now. */
export function feedWatchdog(ms: i32): void {
  setWatchdog(<u32>min(max((<i64>ms * WDOG_HZ) / 1000, 1), WDOG_MOST));
}

/** Stops the watchdog. */
export function stopWatchdog(): void {
  write32(PM_RSTC, PASSWD | RSTC_RESET);
}

/** Restarts within a millisecond, without waiting for anything: the console's last bytes may be lost. */
export function restartNow(): void {
  clearPartition();
  setWatchdog(RESTART_TICKS);
  reactToWatchdog();
}

/** Lets the console drain, then restarts. Does not return. */
export function restart(): void {
  clearPartition();
  exit(Exit.Restart, 0);
}

/** Lets the console drain, then powers off. Does not return. */
export function powerOff(): void {
  exit(Exit.PowerOff, 0);
}

/** Ends the emulator with a status; a board powers off. Does not return. */
export function end(status: i32): void {
  exit(Exit.End, status);
}
