// Names as a FAT card takes them: UTF-16, no control characters, none of nine others, unlike in more than case.
// Source: Microsoft, FAT32 File System Specification 1.03, "Long Directory Entries" and "Name Limits and Character Sets".

import path from 'node:path';

/** UTF-16 units that a long name can have. */
const MAX_NAME = 255;
/** Of a whole path below the card's root, separators included: what other systems open on such a card. */
export const MAX_PATH = 255;

const ILLEGAL = /["*/:<>?\\|\u0000-\u001f\u007f]/g;
/** A half of a pair without its other half: no character. */
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** What Windows takes for devices, whatever the ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;

/**
 * A host's name made legal: composed (NFC, as most programs type it), illegal characters and bytes that are not UTF-8
 * as `_`, no dots or spaces at its end, at most 255 units with the ending kept.
 */
export function legalName(given: string): string {
  const name = given
    .normalize('NFC')
    .replace(ILLEGAL, '_')
    .replace(LONE_SURROGATE, '_')
    .replaceAll('\ufffd', '_')
    .replace(/[. ]+$/, '');
  if (name === '') return '_';
  const { name: stem, ext } = path.parse(name);
  return shortened(DEVICE.test(stem.split('.')[0] ?? '') ? `_${stem}` : stem, ext);
}

/** `stem` and `ext` cut to what fits; a pair of surrogates stays whole, and no dot or space comes to the end. */
function shortened(stem: string, ext: string): string {
  if (ext.length > MAX_NAME / 2) return shortened(stem + ext, '');
  const cut = stem.slice(0, MAX_NAME - ext.length).replace(LONE_SURROGATE, '') + ext;
  return cut.replace(/[. ]+$/, '');
}

/** Names that differ in this differ on the card. Letters whose capital has two letters have none there. */
export const foldCase = (name: string): string =>
  [...name].map((letter) => (letter.toUpperCase().length === letter.length ? letter.toUpperCase() : letter)).join('');

/** `name`, or `name (2)`, `name (3)` … with the ending kept, which `taken` (of folded names) does not have. */
export function freeName(name: string, taken: { has(folded: string): boolean }): string {
  const { name: stem, ext } = path.parse(name);
  let free = name;
  for (let number = 2; taken.has(foldCase(free)); number++) {
    const mark = ` (${number})`;
    free = shortened(stem.slice(0, MAX_NAME - ext.length - mark.length), '') + mark + ext;
  }
  return free;
}

const SHORT = /^[A-Z0-9!#$%&'()\-@^_`{}~]{1,8}(?:\.[A-Z0-9!#$%&'()\-@^_`{}~]{1,3})?$/;
const ASCII = /^[\x20-\x7e]*$/;
const NOT_SHORT = /[^A-Z0-9!#$%&'()\-@^_`{}~]/g;

export interface ShortName {
  /** 11 letters, padded with spaces. */
  short: string;
  /** Whether it needs the long name beside it. */
  long: boolean;
}

/** The 8.3 names of a folder's files and folders, in their order. */
export function shortNames(names: readonly string[]): ShortName[] {
  const taken = new Set<string>();
  // Those that are short by nature first: no other may get such a name.
  const natural = names.map((name): ShortName | undefined => {
    const capital = name.toUpperCase();
    // Capitals of other letters are not theirs alone: ß becomes SS, ﬁ FI.
    if (!ASCII.test(name) || !SHORT.test(capital)) return undefined;
    const [stem = '', ext = ''] = capital.split('.');
    const short = stem.padEnd(8) + ext.padEnd(3);
    if (taken.has(short)) return undefined;
    taken.add(short);
    return { short, long: capital !== name };
  });
  /** The next number of each stem, so that a thousand alike names do not search a thousand times. */
  const next = new Map<string, number>();
  return natural.map((short, i) => short ?? { short: alias(names[i] ?? '', taken, next), long: true });
}

function alias(name: string, taken: Set<string>, next: Map<string, number>): string {
  const dot = name.lastIndexOf('.');
  const part = (text: string): string => text.toUpperCase().replaceAll(/[ .]/g, '').replace(NOT_SHORT, '_');
  const stem = part(dot > 0 ? name.slice(0, dot) : name) || '_';
  const ext = (dot > 0 ? part(name.slice(dot + 1)) : '').slice(0, 3).padEnd(3);
  const alike = stem.slice(0, 6) + ext;
  for (let number = next.get(alike) ?? 1; ; number++) {
    const tail = `~${number}`;
    const short = (stem.slice(0, 8 - tail.length) + tail).padEnd(8) + ext;
    if (taken.has(short)) continue;
    taken.add(short);
    next.set(alike, number + 1);
    return short;
  }
}
