// Virtual time. Everything on the chip hangs on two rates, the 54 MHz crystal and PLLD's 750 MHz; the unit is the
// longest time that is a whole part of a period of both, so their edges fall on whole numbers, which a double holds
// exactly for 15 days.

/** Units since power on, 6.75e9 a second. */
export type Time = number;

export const SECOND: Time = 6_750_000_000;
export const MILLISECOND: Time = SECOND / 1000;
export const MICROSECOND: Time = MILLISECOND / 1000;
/** A tick of the generic timer: a period of the crystal. */
export const TICK: Time = SECOND / 54_000_000;
export const TICKS_A_SECOND = 54_000_000;
/** A period of PLLD. */
export const PLLD_PERIOD: Time = SECOND / 750_000_000;
export const NEVER: Time = Infinity;

/** Milliseconds as a number for people. */
export const toMs = (time: Time): number => time / MILLISECOND;

/** Ticks of the generic timer that have passed. */
export const toTicks = (time: Time): bigint => BigInt(Math.floor(time / TICK));

/** When that tick comes; NEVER for those that a double does not hold exactly. */
export const ofTicks = (ticks: bigint): Time => (ticks > 72_000_000_000_000n ? NEVER : Number(ticks) * TICK);
