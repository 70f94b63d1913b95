// Registers described as data, as the manual lists them: the bus checks accesses against it, the page shows values by
// field names. Offsets in bytes from the block's base.

export type Access =
  /** Read and write. */
  | 'rw'
  /** Read only: a write does nothing on the chip. */
  | 'ro'
  /** Write only: what is read means nothing. */
  | 'wo';

export interface Field {
  readonly name: string;
  /** Lowest bit, and how many; 1 if not given. */
  readonly bit: number;
  readonly bits?: number;
  /** Names of values, where the manual gives them. */
  readonly values?: Readonly<Record<number, string>>;
}

export interface Register {
  readonly name: string;
  readonly offset: number;
  readonly access: Access;
  /** Value after reset; 0 if not given. */
  readonly reset?: number;
  /** None: all 32 bits are one number of the register's name. */
  readonly fields?: readonly Field[];
  /** Bits that are reserved and must be written as 0; default: those of no field, none without fields. */
  readonly reserved?: number;
}

const maskOf = ({ bit, bits = 1 }: Field): number => (bits === 32 ? 0xffffffff : ((1 << bits) - 1) << bit) >>> 0;

/** Bits that no program may set. */
export function reservedBits({ fields, reserved }: Register): number {
  if (reserved !== undefined) return reserved >>> 0;
  if (!fields) return 0;
  return ~fields.reduce((mask, field) => mask | maskOf(field), 0) >>> 0;
}

/** The value of a field in a register's value. */
export const fieldValue = (field: Field, value: number): number => ((value & maskOf(field)) >>> field.bit) >>> 0;

/** `count` like registers, `stride` bytes apart, named by their number: of `GPFSEL` GPFSEL0, GPFSEL1, … */
export function repeated(count: number, stride: number, first: Register, from = 0): Register[] {
  return Array.from({ length: count }, (_, i) => ({
    ...first,
    name: `${first.name}${i + from}`,
    offset: first.offset + i * stride,
  }));
}

/** `count` like fields from bit 0 up, named by their number from `first`: of `INT` INT0, INT1, … */
export const numbered = (name: string, count: number, first = 0, bits = 1, values?: Field['values']): Field[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `${name}${first + i}`,
    bit: i * bits,
    bits,
    ...(values ? { values } : {}),
  }));

/** As `repeated`, and each register has the next `fields` of numbered fields, `32 / fields` bits wide. */
export function arrayOf(count: number, first: Register, fields: number, field: string, from = 0): Register[] {
  return repeated(count, 4, first, from).map((register, i) => ({
    ...register,
    fields: numbered(field, fields, (from + i) * fields, 32 / fields),
  }));
}

/** Fields of one bit, by name, from bit 0 or as given. */
export const flags = (bits: Readonly<Record<string, number>>): Field[] =>
  Object.entries(bits).map(([name, bit]) => ({ name, bit }));
