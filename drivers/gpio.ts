// The pins. BCM2711 ARM Peripherals, 5 (General Purpose I/O).

import { read32, write32 } from './board';

const GPIO: u32 = 0xfe200000;
/** Function select, 3 bits a pin, 10 pins a register. */
const GPFSEL0: u32 = GPIO + 0x00;
/** Output set and output clear: a 1 acts, a 0 does nothing. Write only; what they read is not the pins. */
const GPSET0: u32 = GPIO + 0x1c;
const GPCLR0: u32 = GPIO + 0x28;
/** Pin level of pins 0 to 31; those beyond follow. */
export const GPLEV0: u32 = GPIO + 0x34;
/** Pull-up and pull-down, 2 bits a pin, 16 pins a register. */
const GPIO_PUP_PDN_CNTRL_REG0: u32 = GPIO + 0xe4;

/** Pins 0 to 57 exist. */
const PINS: i32 = 58;
/** Shared with the boot flash: stays an input with pull-up. */
const BOOT_FLASH_PIN: i32 = 43;

/** The activity LED, lit by a 1. */
export const ACTIVITY_LED: i32 = 42;
/** The jack: PWM1 channel 1 and 2 on ALT0. */
export const JACK_FIRST: i32 = 40;
export const JACK_SECOND: i32 = 41;

/** What drives a pin; the numbers are FSELn's. */
export const enum PinFunction {
  Input = 0,
  Output = 1,
  Alt5 = 2,
  Alt4 = 3,
  Alt0 = 4,
  Alt1 = 5,
  Alt2 = 6,
  Alt3 = 7,
}

/** The numbers of GPIO_PUP_PDN_CNTRL (not those of older chips). */
export const enum Pull {
  None = 0,
  Up = 1,
  Down = 2,
}

/** Whether a driver may change the pin. */
export function pinAllowed(pin: i32): bool {
  return pin >= 0 && pin < PINS && pin !== BOOT_FLASH_PIN;
}

/** Gives a pin its function, through input when neither the old nor the new one is. False for a pin not allowed. */
export function setPinFunction(pin: i32, kind: i32): bool {
  if (!pinAllowed(pin)) return false;
  const register = GPFSEL0 + <u32>(pin / 10) * 4;
  const shift = <u32>(pin % 10) * 3;
  const now = read32(register);
  const others = now & ~((<u32>7) << shift);
  const before = (now >> shift) & 7;
  if (before === <u32>kind) return true;
  if (before !== PinFunction.Input && kind !== PinFunction.Input) write32(register, others);
  write32(register, others | (((<u32>kind) & 7) << shift));
  return true;
}

/** What drives a pin, as PinFunction; Input for a pin that does not exist. */
export function pinFunction(pin: i32): PinFunction {
  if (pin < 0 || pin >= PINS) return PinFunction.Input;
  return (read32(GPFSEL0 + <u32>(pin / 10) * 4) >> (<u32>(pin % 10) * 3)) & 7;
}

/** A pin's pull, as Pull; None for a pin that does not exist. */
export function pinPull(pin: i32): Pull {
  if (pin < 0 || pin >= PINS) return Pull.None;
  return (read32(GPIO_PUP_PDN_CNTRL_REG0 + <u32>(pin >> 4) * 4) >> (((<u32>pin) & 15) * 2)) & 3;
}

/** Sets a pin's pull. False for a pin not allowed. */
export function setPinPull(pin: i32, pull: i32): bool {
  if (!pinAllowed(pin)) return false;
  const register = GPIO_PUP_PDN_CNTRL_REG0 + <u32>(pin >> 4) * 4;
  const shift = ((<u32>pin) & 15) * 2;
  write32(register, (read32(register) & ~((<u32>3) << shift)) | (((<u32>pull) & 3) << shift));
  return true;
}

/** Drives an output pin high or low. False for a pin not allowed. */
export function setPin(pin: i32, high: bool): bool {
  if (!pinAllowed(pin)) return false;
  write32((high ? GPSET0 : GPCLR0) + <u32>(pin >> 5) * 4, (<u32>1) << (pin & 31));
  return true;
}

/** Whether a pin is high; false for a pin that does not exist. */
export function pinLevel(pin: i32): bool {
  if (pin < 0 || pin >= PINS) return false;
  return ((read32(GPLEV0 + <u32>(pin >> 5) * 4) >> (pin & 31)) & 1) !== 0;
}

/** Makes the activity LED's pin an output. */
export function startLed(): void {
  setPinFunction(ACTIVITY_LED, PinFunction.Output);
}

/** Lights or darkens the activity LED. */
export function setLed(on: bool): void {
  setPin(ACTIVITY_LED, on);
}
