// Mutants of a driver: its text with one thing wrong that a person gets wrong over a manual. Found in the text itself,
// so a driver that changes has other mutants.

import { argumentsOf, calls, lineOf, statements, type Call } from './text.js';

export const KINDS = [
  'wrong bit',
  'swapped registers',
  'missing wait',
  'endless wait',
  'missing write',
  'swapped writes',
  'missing barrier',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Mutant {
  /** `drivers/dma.ts`; of a barrier `boot`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly kind: Kind;
  /** The lines as they were, and as they are now, in one each. */
  readonly before: string;
  readonly after: string;
  /** The whole text. */
  readonly text: string;
}

/** Registers and fields of memory that the host reads by the same names: swapping two is a mistake like any. */
const SWAPPED_ENUMS = /^export const enum (JackRegister|RingHeader) /;
/** Waits, and loops that end by a count or a time. */
const BOUNDS = [/\bi < [A-Z_]+ && /, /\bi === [A-Z_]+ \|\| /, /^\s*if \(late\) return false;$/m];
const ENDLESS = '0x7fffffff';

/** All mutants of a text; `file` is how it is called. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const make = (kind: Kind, from: number, to: number, replacement: string): Mutant => {
    const begin = text.lastIndexOf('\n', from) + 1;
    const end = text.indexOf('\n', to);
    return {
      file,
      line: lineOf(text, from),
      kind,
      before: flat(text.slice(begin, end)),
      after: flat(text.slice(begin, from) + replacement + text.slice(to, end)),
      text: text.slice(0, from) + replacement + text.slice(to),
    };
  };
  return [
    ...wrongBits(text, make),
    ...swappedRegisters(text, make),
    ...missingWaits(text, make),
    ...writes(text, make),
  ];
}

type Make = (kind: Kind, from: number, to: number, replacement: string) => Mutant;

const flat = (text: string): string => text.replace(/\s+/g, ' ').trim();

interface Constant {
  readonly name: string;
  /** Where its value stands. */
  readonly from: number;
  readonly to: number;
  readonly value: string;
  /** The enumeration it belongs to, with its first line. */
  readonly group: string | undefined;
  /** Compared with others, a number of bits and not an amount: unsigned, hexadecimal, a shift, or of an enumeration. */
  readonly bits: boolean;
}

/** Constants with a number for a value, and members of enumerations. */
function constants(text: string): Constant[] {
  const list: Constant[] = [];
  let group: string | undefined;
  let at = 0;
  for (const line of text.split('\n')) {
    if (/^export const enum |^const enum /.test(line)) group = line;
    else if (line === '}') group = undefined;
    const found = group
      ? /^ {2}(\w+) = ([^,]+),/.exec(line)
      : /^(?:export )?const (\w+)(?:: \w+)? = ([^;]+);/.exec(line);
    const [all = '', name = '', value = ''] = found ?? [];
    if (found) {
      const from = at + all.indexOf(value, all.indexOf('='));
      const bits = group !== undefined || /: u32 = /.test(line) || /0x|<</.test(value);
      list.push({ name, from, to: from + value.length, value, group, bits });
    }
    at += line.length + 1;
  }
  return list;
}

function wrongBits(text: string, make: Make): Mutant[] {
  const mutants: Mutant[] = [];
  const change = (from: number, before: string, ...after: string[]): void => {
    for (const each of new Set(after))
      if (each !== before) mutants.push(make('wrong bit', from, from + before.length, each));
  };
  const known = constants(text);
  // Bits by their number, wherever they stand.
  for (const { index, 1: value = '', 2: bit = '' } of text.matchAll(/(?<![\w>)])(\d+) << (\d+)(?!\w)/g)) {
    if (inComment(text, index)) continue;
    const n = Number(bit);
    change(
      index,
      `${value} << ${bit}`,
      ...[n + 1, n - 1].filter((b) => b >= 0 && b < 32).map((b) => `${value} << ${b}`),
    );
    if (value !== '1') change(index, `${value} << ${bit}`, `${Number(value) ^ 1} << ${bit}`);
  }
  for (const { index, 0: literal } of text.matchAll(/(?<!\w)0x[0-9a-f]+\b/g)) {
    if (inComment(text, index)) continue;
    change(index, literal, ...flips(BigInt(literal)).map((value) => `0x${value.toString(16)}`));
  }
  for (const { from, value, bits } of known) {
    if (bits && /^-?\d+$/.test(value)) change(from, value, ...decimalFlips(Number(value)));
  }
  return mutants;
}

/** With the lowest or the highest of its bits cleared, or the one above or below set. */
function flips(value: bigint): bigint[] {
  if (value === 0n) return [1n, 4n];
  let low = 0n;
  while (!((value >> low) & 1n)) low++;
  const high = BigInt(value.toString(2).length - 1);
  const bits = [low, high, ...(high < 31n ? [high + 1n] : []), ...(low > 0n ? [low - 1n] : [])];
  return bits.map((bit) => value ^ (1n << bit));
}

function decimalFlips(value: number): string[] {
  if (value < 0) return [String(value - 1)];
  return [value ^ 1, value ^ 2].map(String);
}

function inComment(text: string, at: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', at) + 1, at);
  return /\/\/|^\s*\*|^\s*\/\*\*/.test(line);
}

/** Constants that stand for where something is: they are in the address of an access. */
function swappedRegisters(text: string, make: Make): Mutant[] {
  const addressed = new Set<string>();
  for (const call of accesses(text)) {
    const [first = ''] = argumentsOf(text, call);
    for (const [name] of first.matchAll(/\b[A-Z][A-Z0-9_]*\b/g)) addressed.add(name);
  }
  const all = constants(text);
  const registers = all.filter(({ name, group }) => group === undefined && addressed.has(name));
  const members = all.filter(({ group }) => group !== undefined && SWAPPED_ENUMS.test(group));
  return [...pairs(registers), ...pairs(members)].map(([a, b]) => {
    const between = text.slice(a.to, b.from);
    const mutant = make('swapped registers', a.from, b.to, b.value + between + a.value);
    return {
      ...mutant,
      before: `${a.name} = ${a.value}, ${b.name} = ${b.value}`,
      after: `${a.name} = ${b.value}, ${b.name} = ${a.value}`,
    };
  });
}

const accesses = (text: string): Call[] => calls(text, /\b(read32|write32|probe32|waitFor|this\.set)\(/g);

const pairs = <Item extends { value: string }>(list: readonly Item[]): [Item, Item][] =>
  list.slice(1).flatMap((item, i): [Item, Item][] => {
    const before = list[i];
    return before && before.value !== item.value ? [[before, item]] : [];
  });

function missingWaits(text: string, make: Make): Mutant[] {
  const mutants: Mutant[] = [];
  for (const call of calls(text, /(?<!function )\bwaitFor\(/g)) {
    mutants.push(make('missing wait', call.from, call.to, 'true'));
    const bound = argumentsOf(text, call).at(-1);
    if (bound === undefined) continue;
    const at = call.to - 1 - bound.length;
    mutants.push(make('endless wait', at, at + bound.length, ENDLESS));
  }
  for (const { from, to } of statements(text, /^\s*(?:delay\(|while \(ticks\(\) < until\) wait\()/))
    mutants.push(make('missing wait', from, to, ''));
  for (const bound of BOUNDS) {
    for (const { index, 0: found } of text.matchAll(new RegExp(bound, `${bound.flags}g`)))
      mutants.push(make('endless wait', index, index + found.length, ''));
  }
  return mutants;
}

const WRITE = /^\s*(?:(?:if|for) \(.*\) )?(?:write32|this\.set|copyOut)\(/;

function writes(text: string, make: Make): Mutant[] {
  const found = statements(text, WRITE);
  const mutants = found.map(({ to, call }) => make('missing write', call, to, '{}'));
  for (const [i, second] of found.entries()) {
    const first = found[i - 1];
    if (!first || text.slice(first.to, second.from).trim() !== '') continue;
    const [one, other] = [text.slice(first.from, first.to), text.slice(second.from, second.to)];
    mutants.push(make('swapped writes', first.from, second.to, `${other}${text.slice(first.to, second.from)}${one}`));
  }
  return mutants;
}
