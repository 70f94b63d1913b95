// The 40 pins of the header and what is on each. Raspberry Pi 4 Model B reduced schematics, J8.

const NAMES = [
  ['3V3', '5V'],
  [2, '5V'],
  [3, 'GND'],
  [4, 14],
  ['GND', 15],
  [17, 18],
  [27, 'GND'],
  [22, 23],
  ['3V3', 24],
  [10, 'GND'],
  [9, 25],
  [11, 8],
  ['GND', 7],
  [0, 1],
  [5, 'GND'],
  [6, 12],
  [13, 'GND'],
  [19, 16],
  [26, 20],
  ['GND', 21],
] as const;

/** The UART's: driving them from outside would be a short circuit. */
const UART = [14, 15];

export interface HeaderPin {
  /** On the board, from 1: odd ones on the inner row. */
  physical: number;
  /** Undefined for power and ground. */
  gpio: number | undefined;
  name: string;
  /** Whether a button may hang on it. */
  free: boolean;
}

export const HEADER: readonly HeaderPin[] = NAMES.flat().map((name, i) => ({
  physical: i + 1,
  gpio: typeof name === 'number' ? name : undefined,
  name: typeof name === 'number' ? (UART.includes(name) ? (name === 14 ? 'TXD' : 'RXD') : `GPIO ${name}`) : name,
  free: typeof name === 'number' && !UART.includes(name),
}));

/** GPIOs that a button may hang on, in the order of their numbers. */
export const FREE: readonly number[] = HEADER.flatMap(({ gpio, free }) =>
  free && gpio !== undefined ? [gpio] : [],
).sort((a, b) => a - b);
