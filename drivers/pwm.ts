// The PWM block that the jack hangs on. BCM2711 ARM Peripherals, 8 (Pulse Width Modulator). That PWM1 has channel 1 on
// GPIO 40 and channel 2 on GPIO 41, and what makes the jack click, is from circle and AROS RPiPWM.
//
// With USEF on both channels one FIFO serves them in turn, and an empty one drops both pins to duty 0. So the block is
// enabled once, at duty 0; sound begins with a ramp from 0 and ends with one to 0, and CTL changes only at duty 0.

import { read32, write32 } from './board';
import { JackRegister } from './jack-keys';
import { delay } from './timer';

/** PWM1 on a board. */
export const PWM1: u32 = 0xfe20c800;
/** The emulator's stand-in for it: every write is a line in its log, reads are 0 (and lines too). */
export const CAPTURE: u32 = 0xfe203000;

const CTL: u32 = 0x00;
export const STA: u32 = 0x04;
const DMAC: u32 = 0x08;
const DAT1: u32 = 0x14;
const DAT2: u32 = 0x24;

/** CTL. M/S mode makes one pulse a period; without MSEN pulses are spread over it. RPTL and SBIT stay 0. */
const PWEN1: u32 = 1 << 0;
const USEF1: u32 = 1 << 5;
const CLRF: u32 = 1 << 6;
const MSEN1: u32 = 1 << 7;
const PWEN2: u32 = 1 << 8;
const USEF2: u32 = 1 << 13;
const MSEN2: u32 = 1 << 15;
const ENABLED: u32 = PWEN1 | MSEN1 | PWEN2 | MSEN2;
const FROM_FIFO: u32 = ENABLED | USEF1 | USEF2;

/** STA; all but FULL and EMPT are cleared by writing 1. */
export const STA_EMPT: u32 = 1 << 1;
export const STA_WERR: u32 = 1 << 2;
export const STA_RERR: u32 = 1 << 3;
export const STA_GAPO1: u32 = 1 << 4;
export const STA_GAPO2: u32 = 1 << 5;
export const STA_BERR: u32 = 1 << 8;
const STA_ERRORS: u32 = STA_WERR | STA_RERR | STA_GAPO1 | STA_GAPO2 | STA_BERR;

/** DMAC: DREQ and PANIC thresholds as after reset. */
const DMAC_ENAB: u32 = 1 << 31;
const DMAC_PANIC: u32 = 7 << 8;
const DMAC_DREQ: u32 = 7;

/** Registers cross into the PWM's clock domain: writes that follow too soon are lost with BERR. */
const SETTLE_US: i64 = 10;

export class Pwm {
  /** Whether the channels have had their PWEN edge; an earlier module may have made it. */
  enabled: bool = false;

  constructor(
    /** PWM1, or CAPTURE; changed only before `start`. */
    public base: u32,
  ) {}

  private set(register: u32, value: u32): void {
    write32(this.base + register, value);
    delay(SETTLE_US);
  }

  /**
   * Makes both channels play the FIFO with this range, at duty 0 until words come; the clock must run. The PWEN edges
   * come once and at duty 0. The FIFO is cleared by a write of its own, after the channels were configured (channel 2
   * of older chips otherwise ignores the first word).
   */
  start(range: i32): void {
    if (!this.enabled) {
      this.set(CTL, 0);
      this.set(DAT1, 0);
      this.set(DAT2, 0);
    }
    this.set(JackRegister.Range1, range);
    this.set(JackRegister.Range2, range);
    if (!this.enabled) this.set(CTL, ENABLED);
    this.enabled = true;
    this.set(CTL, FROM_FIFO);
    this.clearFifo();
    write32(this.base + DMAC, DMAC_ENAB | DMAC_PANIC | DMAC_DREQ);
  }

  /** Leaves the FIFO for duty 0, once it is empty after a ramp to 0; then DMA may stop. The channels stay enabled. */
  stop(): void {
    this.set(CTL, ENABLED);
    write32(this.base + DMAC, 0);
  }

  /** Empties the FIFO, with DMA stopped, and clears the flags: both words of a pair belong together again. */
  clearFifo(): void {
    this.set(CTL, FROM_FIFO | CLRF);
    this.clearFlags();
  }

  /** STA's error flags since the last call, which clears them. */
  takeFlags(): u32 {
    const flags = read32(this.base + STA) & STA_ERRORS;
    if (flags) write32(this.base + STA, flags);
    return flags;
  }

  /** Clears STA's error flags. */
  clearFlags(): void {
    write32(this.base + STA, STA_ERRORS);
  }
}
