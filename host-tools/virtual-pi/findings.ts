// What a program did that the hardware forgives, or punishes only sometimes: each is a finding, with the line of the
// program that did it. A test fails on any.

import { toMs, type Time } from './time.js';

export type Rule =
  | 'no-register'
  | 'write-only-read'
  | 'read-only-write'
  | 'reserved-bit'
  | 'no-password'
  /** A block was used while the clock it needs stood still. */
  | 'unclocked'
  /** A clock, or what must not change while its block runs, was changed while it ran. */
  | 'changed-while-running'
  /** Written again before the first write can have arrived. */
  | 'too-soon'
  | 'dma-address'
  | 'dma-block'
  | 'dma-block-changed'
  /** The engine was started while words that it reads were still on their way. */
  | 'no-barrier'
  /** Anything else that the manual forbids; the text says what. */
  | 'forbidden';

/** A place in the program: file, line and column from 1, and the function. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly function?: string;
}

export interface Finding {
  readonly rule: Rule;
  /** The block: `PWM1`, `DMA5`. */
  readonly device: string;
  readonly register?: string;
  /** What was written, where something was. */
  readonly value?: number;
  /** What is wrong, and the section of the manual that says so. */
  readonly text: string;
  readonly time: Time;
  /** Innermost call of the program first; empty when no program was running. */
  readonly places: readonly Place[];
}

/** Of one rule, device and register at one innermost place so many are kept. */
const SAME_MOST = 10;
/** And so many in all. */
const ALL_MOST = 1000;
/** Of one rule, device and register the place of so many is looked at; more are only counted. */
const PLACED_MOST = 10_000;

export class Findings {
  /** Those that were kept: no more than ALL_MOST, however long a program runs. */
  readonly list: Finding[] = [];
  /** How many there were, those not kept included. */
  count = 0;
  /** Where the program is; set by who runs it. */
  where: () => Place[] = () => [];
  /** A name of the innermost place, which must be quick: it is asked for findings that are not kept, too. */
  innermost: () => string = () => '';
  private readonly seen = new Map<string, number>();

  constructor(private readonly now: () => Time) {}

  /** Tells a finding. */
  add(finding: Omit<Finding, 'time' | 'places'>): void {
    this.count++;
    if (this.list.length >= ALL_MOST) return;
    // The text is no part of it, for it may hold an address.
    const kind = `${finding.rule} ${finding.device} ${finding.register ?? ''}`;
    if (bump(this.seen, kind) > PLACED_MOST || bump(this.seen, `${kind} at ${this.innermost()}`) > SAME_MOST) return;
    this.list.push({ ...finding, time: this.now(), places: this.where() });
  }
}

function bump(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

const hex = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`;

/** One line: `12.345 ms PWM1 CTL = 0x00000001: reserved bit set (8.6) at drivers/pwm.ts:56:5`. */
export function formatFinding({ device, register, value, text, time, places }: Finding): string {
  const what = [device, register].filter((each) => each !== undefined).join(' ');
  const [place] = places;
  const where = place ? ` at ${place.file}:${place.line}:${place.column}` : '';
  return `${toMs(time).toFixed(3)} ms ${what}${value === undefined ? '' : ` = ${hex(value)}`}: ${text}${where}`;
}
