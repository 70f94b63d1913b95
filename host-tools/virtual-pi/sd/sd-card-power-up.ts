// A card's way from power on to ready. PLSS 4.10, 4.2.3 (Card Initialization and Identification), 4.7.4 (ACMD41), 5.1
// (OCR).

import { OCR_CCS, OCR_READY, OCR_VOLTAGES } from './sd-card-registers.js';
import type { Time } from '../time.js';

export class CardPowerUp {
  /** CMD8 was answered: without it the card ignores HCS. */
  gotCmd8 = false;
  private readyAt: Time | undefined;
  private hostTakesLarge = false;

  constructor(
    /** High or extended capacity. */
    private readonly large: boolean,
    /** From the first ACMD41 on. */
    private readonly takes: Time,
  ) {}

  reset(): void {
    this.gotCmd8 = false;
    this.readyAt = undefined;
  }

  /** ACMD41: the OCR, bit 31 set when it is done; undefined when the card does not go with the host's voltages. */
  operate(argument: number, at: Time): number | undefined {
    // Without a voltage window it only asks for the OCR and starts nothing.
    if ((argument & 0xff_ffff) === 0) return OCR_VOLTAGES;
    if ((argument & OCR_VOLTAGES) === 0) return undefined;
    if (this.readyAt === undefined) {
      // HCS counts in the first ACMD41 only.
      this.readyAt = at + this.takes;
      this.hostTakesLarge = this.gotCmd8 && (argument & OCR_CCS) !== 0;
    }
    if (at < this.readyAt || (this.large && !this.hostTakesLarge)) return OCR_VOLTAGES;
    return (OCR_READY | OCR_VOLTAGES | (this.large ? OCR_CCS : 0)) >>> 0;
  }
}
