// Faults on demand: what happens to a virtual Pi at which virtual time, as a script in JSON or made by a seed. The same
// script is the same run.
//
//   { "seed": 1, "faults": [ { "atMs": 100, "fault": "stall-cpu", "ms": 30 }, … ] }

import { Problem } from '../../problem.js';
import { Random } from '../random.js';

/** What a field of a fault may be. */
type Field =
  | { readonly least: number; readonly most: number; readonly whole?: true; readonly usual?: number }
  | { readonly of: readonly (string | boolean)[]; readonly usual?: string | boolean };

const MS = { least: 0, most: 60_000 } as const;

/** Every kind with its fields; one with a `usual` value may be left out. */
const FAULTS = {
  /** The processor does nothing; interrupts are served. */
  'stall-cpu': { ms: MS },
  /** An engine moves nothing. */
  'stall-dma': { ms: MS, channel: { least: 0, most: 10, whole: true, usual: 5 } },
  /** The card takes so much longer for each of the next blocks. */
  'late-sd': { ms: MS, blocks: { least: 1, most: 1_000_000, whole: true, usual: 1 } },
  /** The next of their kind come with a wrong CRC. */
  'sd-crc': {
    line: { of: ['command', 'response', 'data'], usual: 'data' },
    count: { least: 1, most: 1_000_000, whole: true, usual: 1 },
  },
  /** `card-insert` puts back what `card-pull` took. */
  'card-pull': {},
  'card-insert': {},
  'write-protect': { on: { of: [true, false], usual: true } },
  /** So likely each bit of what is received is turned over. */
  'uart-noise': { ms: MS, probability: { least: 0, most: 1, usual: 0.05 } },
  /** Bytes come while no interrupt is taken. */
  'uart-burst': {
    bytes: { least: 1, most: 65_536, whole: true },
    value: { least: 0, most: 255, whole: true, usual: 0 },
  },
  /** A button bounces for so long and then stays where it was pushed to. */
  bounce: { pin: { least: 0, most: 27, whole: true }, ms: MS, level: { of: [true, false], usual: false } },
  /** A clock is off from then on. */
  'clock-ppm': { clock: { of: ['pwm', 'uart'] }, ppm: { least: -100_000, most: 100_000 } },
  temperature: { celsius: { least: -40, most: 150 } },
  /** Bits as the firmware's property call gives them. */
  throttled: { bits: { least: 0, most: 0xfffff, whole: true } },
} as const satisfies Record<string, Record<string, Field>>;

export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as FaultKind[];

export interface Fault {
  readonly atMs: number;
  readonly fault: FaultKind;
  /** All fields of its kind. */
  readonly values: Readonly<Record<string, number | string | boolean>>;
}

export interface FaultScript {
  readonly seed: number;
  /** By their time; of two at one time the one given first is first. */
  readonly faults: readonly Fault[];
  /** Whether it is longer than any run, so that nobody misses what did not come. */
  readonly endless?: boolean;
}

const MOST_FAULTS = 100_000;
const MOST_MS = 14 * 24 * 3_600_000;
const MOST_SEED = 0xffffffff;
/** A value as JSON; of a list or an object only that it is one, as it may be deeper than the stack. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value).slice(0, 60);
}

function refuse(text: string, hint?: string): never {
  throw new Problem('usage', text, { hint });
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(`${what} is not an object`);
  return value as Record<string, unknown>;
}

function checked(field: Field, value: unknown, what: string): number | string | boolean {
  if ('of' in field) {
    const found = field.of.find((each) => each === value);
    return found ?? refuse(`${what} is ${shown(value)}`, `it may be ${field.of.join(', ')}`);
  }
  const { least, most, whole } = field;
  const fits = typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value));
  if (!fits)
    refuse(`${what} is ${shown(value)}`, `a ${whole ? 'whole ' : ''}number from ${least} to ${most} is wanted`);
  return value;
}

function parseFault(value: unknown, what: string): Fault {
  const { atMs, fault, ...rest } = asObject(value, what);
  if (typeof fault !== 'string' || !Object.hasOwn(FAULTS, fault))
    refuse(`${what}: "fault" is ${shown(fault)}`, `there are ${FAULT_KINDS.join(', ')}`);
  const kind = fault as FaultKind;
  const fields: Record<string, Field> = FAULTS[kind];
  for (const name of Object.keys(rest))
    if (!Object.hasOwn(fields, name))
      refuse(
        `${what}: ${kind} has no ${shown(name)}`,
        `it has ${['atMs', 'fault', ...Object.keys(fields)].join(', ')}`,
      );
  const values: Record<string, number | string | boolean> = {};
  for (const [name, field] of Object.entries(fields)) {
    const given = Object.hasOwn(rest, name) ? rest[name] : field.usual;
    if (given === undefined) refuse(`${what}: ${kind} needs "${name}"`);
    values[name] = checked(field, given, `${what}: "${name}"`);
  }
  return { atMs: Number(checked({ least: 0, most: MOST_MS }, atMs, `${what}: "atMs"`)), fault: kind, values };
}

/** A script from its JSON. Throws Problem `usage`, which says which entry and which field. */
export function parseFaults(text: string): FaultScript {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    refuse(`the faults are not JSON (${(error as Error).message})`);
  }
  const { seed = 1, faults, ...rest } = asObject(value, 'the script');
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) refuse(`the script has no ${shown(unknown)}`, 'it has "seed" and "faults"');
  if (!Array.isArray(faults)) refuse('the script needs "faults", a list');
  if (faults.length > MOST_FAULTS) refuse(`the script has ${faults.length} faults`, `it may have ${MOST_FAULTS}`);
  return {
    seed: Number(checked({ least: 0, most: MOST_SEED, whole: true }, seed, '"seed"')),
    faults: sorted(faults.map((each, index) => parseFault(each, `fault ${index + 1}`))),
  };
}

const sorted = (faults: Fault[]): Fault[] => faults.sort((a, b) => a.atMs - b.atMs);

/** What chance chooses from for a kind; fields that are not here have their usual value. */
const CHANCE: Partial<Record<FaultKind, Record<string, readonly [least: number, most: number]>>> = {
  'stall-cpu': { ms: [1, 120] },
  'stall-dma': { ms: [0.01, 5] },
  'late-sd': { ms: [1, 200] },
  'uart-noise': { ms: [1, 100] },
  'uart-burst': { bytes: [1, 200] },
  bounce: { pin: [2, 27], ms: [1, 20] },
  'clock-ppm': { ppm: [-300, 300] },
  temperature: { celsius: [20, 90] },
  throttled: { bits: [0, 15] },
};

export interface RandomFaults {
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  /** From when to when, and how many a minute on average. */
  readonly fromMs?: number;
  readonly toMs: number;
  readonly perMinute: number;
}

/** A script of chance: the same for the same seed and options. */
export function randomFaults({ seed, kinds, fromMs = 0, toMs, perMinute }: RandomFaults): FaultScript {
  const random = new Random(seed);
  const faults: Fault[] = [];
  const mean = 60_000 / perMinute;
  for (let atMs = fromMs; faults.length < MOST_FAULTS;) {
    atMs += random.gap() * mean;
    const fault = kinds[Math.floor(random.next() * kinds.length)];
    if (atMs >= toMs || fault === undefined) break;
    const values: Record<string, number | string | boolean> = {};
    for (const [name, field] of Object.entries<Field>(FAULTS[fault])) {
      const range = CHANCE[fault]?.[name];
      if (range) {
        const value = range[0] + random.next() * (range[1] - range[0]);
        values[name] = 'whole' in field ? Math.round(value) : Math.round(value * 1000) / 1000;
      } else if (field.usual !== undefined) values[name] = field.usual;
      else if ('of' in field) values[name] = field.of[Math.floor(random.next() * field.of.length)] ?? true;
    }
    faults.push({ atMs: Math.round(atMs * 1000) / 1000, fault, values });
  }
  return { seed, faults };
}
