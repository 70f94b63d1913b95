// Interrupt status of an SD host controller: what is latched, and the line that follows from it. SDHCI 3.00, 2.2.17 to
// 2.2.22 (Interrupt Status, Status Enable, Signal Enable).

import { Line } from '../device.js';
import { ERROR_INTERRUPT } from './sdhci-registers.js';

/** Bits that exist; bit 15 follows from the errors. */
const BITS = 0x03ff_01ff;
const ERRORS = 0x03ff_0000;

export class SdhciStatus {
  readonly line = new Line();
  private latched = 0;
  private enabled = 0;
  private signalled = 0;

  get bits(): number {
    return (this.latched | (this.latched & ERRORS ? ERROR_INTERRUPT : 0)) >>> 0;
  }

  /** Something happened: it is latched where its status is enabled, and stays until a 1 is written. */
  raise(bits: number): void {
    this.latched |= bits & this.enabled;
    this.update();
  }

  /** A 1 clears; bit 15 cannot be cleared by itself. */
  clear(bits: number): void {
    this.latched &= ~bits;
    this.update();
  }

  has(bits: number): boolean {
    return (this.latched & bits) !== 0;
  }

  get errors(): number {
    return this.latched & ERRORS;
  }

  get statusEnable(): number {
    return this.enabled >>> 0;
  }

  set statusEnable(bits: number) {
    this.enabled = bits & BITS;
    this.latched &= this.enabled;
    this.update();
  }

  get signalEnable(): number {
    return this.signalled >>> 0;
  }

  set signalEnable(bits: number) {
    this.signalled = bits & BITS;
    this.update();
  }

  reset(): void {
    this.latched = this.enabled = this.signalled = 0;
    this.update();
  }

  private update(): void {
    this.line.set((this.latched & this.signalled) !== 0);
  }
}
