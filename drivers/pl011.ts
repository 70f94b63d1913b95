// The UART's rate and errors. ARM PL011 Technical Reference Manual (DDI 0183), 3.3; BCM2711 ARM Peripherals, 11.
// Receiving and sending is the board's: its interrupt handler owns the FIFOs, the interrupt mask and their levels.

import { Info, info, read32, write32 } from './board';
import { uartClockHz } from './clock-manager';
import { delay, waitFor } from './timer';

const UART0: u32 = 0xfe201000;
/** Receive status; any write clears it. */
const UARTRSR_ECR: u32 = UART0 + 0x04;
const UARTFR: u32 = UART0 + 0x18;
const UARTIBRD: u32 = UART0 + 0x24;
const UARTFBRD: u32 = UART0 + 0x28;
const UARTLCR_H: u32 = UART0 + 0x2c;
const UARTCR: u32 = UART0 + 0x30;
const UARTICR: u32 = UART0 + 0x44;

const FR_BUSY: u32 = 1 << 3;
const FR_TXFE: u32 = 1 << 7;
/** 8 bits, no parity, 1 stop bit; FIFOs on. */
const LCR_H_8N1_FIFO: u32 = 0x70;
const CR_OFF: u32 = 0;
/** UARTEN, TXE, RXE. */
const CR_ON: u32 = 0x301;
const ICR_ALL: u32 = 0x7ff;
/** Bits of a full transmit FIFO and what is on the wire. */
const FIFO_BITS: i64 = 33 * 10;

/** UARTRSR: what `takeUartErrors` returns. */
export const enum UartErrors {
  Framing = 1,
  Parity = 2,
  Break = 4,
  /** Bytes were lost because the FIFO was full. */
  Overrun = 8,
}

export const enum UartError {
  None = 0,
  /** The rate cannot be made from this clock: above a sixteenth of it, or too low. */
  Baud = -1,
  /** The transmitter stayed busy; nothing was changed. */
  Busy = -2,
}

/** The PL011's clock in Hz: `mailbox` (clock id 2 as the firmware tells it), or the clock manager's where that is 0. */
export function uartClock(mailbox: i64): i32 {
  return mailbox > 0 ? <i32>mailbox : uartClockHz();
}

/** The divisor in 64ths for a rate: the integer part is IBRD, the low 6 bits FBRD; or UartError.Baud. */
export function uartDivisor(clockHz: i32, baud: i32): i32 {
  if (clockHz <= 0 || baud <= 0) return UartError.Baud;
  const divisor = (<i64>clockHz * 8 + baud) / (2 * <i64>baud);
  return divisor < 64 || divisor > 65535 * 64 ? UartError.Baud : <i32>divisor;
}

/** The rate that a divisor makes, in bit/s. */
export function uartBaud(clockHz: i32, divisor: i32): i32 {
  return <i32>((<i64>clockHz * 4 + divisor / 2) / divisor);
}

/**
 * Changes the rate, after what is being sent has left; `clockHz` and the rate until now, `before`, tell how long that
 * takes at most. Bytes that arrive meanwhile are lost. 0, or a UartError and nothing has changed.
 */
export function setUartBaud(clockHz: i32, before: i32, baud: i32): i32 {
  const divisor = uartDivisor(clockHz, baud);
  if (divisor < 0) return divisor;
  // Clearing UARTEN with a byte on the wire wedges the transmitter until the next reset.
  const fifoUs = (FIFO_BITS * 1_000_000) / max(before, 1) + 100;
  if (!waitFor(UARTFR, FR_BUSY, 0, fifoUs)) return UartError.Busy;
  delay(10);
  write32(UARTCR, CR_OFF);
  write32(UARTICR, ICR_ALL);
  write32(UARTIBRD, (<u32>divisor) >> 6);
  write32(UARTFBRD, (<u32>divisor) & 63);
  write32(UARTLCR_H, LCR_H_8N1_FIFO); // last: it latches the divisors
  write32(UARTCR, CR_ON);
  return UartError.None;
}

/** Whether nothing is on the wire or in the transmit FIFO. */
export function isUartIdle(): bool {
  return (read32(UARTFR) & FR_BUSY) === 0;
}

/** Whether the transmit FIFO is empty; of more than 32 bytes that were just sent, a real one still holds some. */
export function isUartSent(): bool {
  return (read32(UARTFR) & FR_TXFE) !== 0;
}

/** Errors of the line since the last call, as UartErrors bits; clears them. */
export function takeUartErrors(): i32 {
  const errors = (<i32>read32(UARTRSR_ECR)) & 15;
  if (errors) write32(UARTRSR_ECR, 0);
  return errors;
}

/** Bytes received and lost since power on. */
export function uartLost(): i64 {
  return info(Info.UartLost);
}
