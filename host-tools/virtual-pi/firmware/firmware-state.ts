// What the VideoCore's firmware knows and keeps, for the mailbox and for who sets the stage of a test. Defaults are a
// Raspberry Pi 4 B of 4 GB, revision 1.4, at idle.

export interface FirmwareClock {
  rate: number;
  readonly least: number;
  readonly most: number;
}

/** Clock ids of the property interface. */
export const enum ClockId {
  Emmc = 1,
  Uart = 2,
  Arm = 3,
  Core = 4,
  Pwm = 10,
  Emmc2 = 12,
}

/** Pins of the expander, from 128. */
export const enum Expander {
  GlobalReset = 3,
  SdVoltage = 4,
}

const EXPANDER_PINS = 8;
/** Of power domains that exist: SD card, UARTs, USB, I2C, SPI, CCP2. */
export const POWER_DEVICES = 9;
export const EXPANDER_FIRST = 128;
export const EXPANDER_LAST = EXPANDER_FIRST + EXPANDER_PINS - 1;

export class FirmwareState {
  boardRevision = 0xc03114;
  serial = 0x10000000_12345678n;
  /** Seconds since 1970 of the firmware's build. */
  firmwareDate = 0x66e2a1c0;
  armMemory = { base: 0, bytes: 0x3b400000 };
  videoMemory = { base: 0x3b400000, bytes: 0x04c00000 };
  /** A bit for each channel that is the ARM's. */
  dmaChannels = 0x37f5;
  /** Thousandths of a degree. */
  temperature: () => number = () => 45_000;
  temperatureLimit = 85_000;
  /** Bits 0-3: under-voltage, capped, throttled, soft limit, now; 16-19: since boot. */
  throttled = 0;
  /** Bit 0: the next boot is a tryboot. */
  rebootFlags = 0;
  rebootNotified = false;
  readonly power = new Uint8Array(POWER_DEVICES).fill(1, 0, 1);
  /** BT_ON, WL_ON, PWR_LED_OFF, GLOBAL_RESET, VDD_SD_IO_SEL, CAM, SD_PWR_ON, SD_OC_N. */
  readonly expander = Uint8Array.of(1, 1, 0, 0, 0, 0, 1, 1);
  /** EMMC2 and PWM answer 0, as they may on a board. */
  readonly clocks = new Map<number, FirmwareClock>([
    [ClockId.Emmc, { rate: 250_000_000, least: 250_000_000, most: 250_000_000 }],
    [ClockId.Uart, { rate: 48_000_000, least: 0, most: 1_000_000_000 }],
    [ClockId.Arm, { rate: 600_000_000, least: 600_000_000, most: 1_500_000_000 }],
    [ClockId.Core, { rate: 200_000_000, least: 200_000_000, most: 500_000_000 }],
    [ClockId.Pwm, { rate: 0, least: 0, most: 500_000_000 }],
    [ClockId.Emmc2, { rate: 0, least: 0, most: 500_000_000 }],
  ]);
}
