// The registers of an SD memory card as bytes, highest first. PLSS 4.10, 5.1 to 5.6 (OCR, CID, CSD 1.0 and 2.0, SCR),
// 4.10.2 (SD Status), 4.3.10.4 (Switch Function Status, whose text was at hand); field positions of the others
// recalled.

import { Problem } from '../../problem.js';

export type CardKind = 'SDSC' | 'SDHC' | 'SDXC';

/** 2.7 to 3.6 V (5.1). */
export const OCR_VOLTAGES = 0xff_8000;
export const OCR_READY = 0x8000_0000;
/** Card Capacity Status in the reply, Host Capacity Support in the argument of ACMD41. */
export const OCR_CCS = 1 << 30;

/** Classes 0, 2, 4, 5, 8 and 10 (4.7.3): no locking, no write protect groups. */
const CLASSES = 0x535;

/** Puts `bits` bits of `value` so that their lowest is the register's bit `low`. */
function put(bytes: Uint8Array, low: number, bits: number, value: number): void {
  for (let bit = 0; bit < bits; bit++) {
    const at = bytes.length * 8 - 1 - (low + bit);
    if (Math.floor(value / 2 ** bit) % 2) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (0x80 >> (at & 7));
  }
}

/** CRC7 of bytes, x^7 + x^3 + 1 (4.5), with the end bit behind it. */
export function crc7(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      const carry = ((crc >>> 6) ^ (byte >>> bit)) & 1;
      crc = ((crc << 1) & 0x7f) ^ (carry ? 0x09 : 0);
    }
  return (crc << 1) | 1;
}

function sealed(bytes: Uint8Array): Uint8Array {
  bytes[15] = crc7(bytes.subarray(0, 15));
  return bytes;
}

/** 5.2: of no real maker. */
export function cid(serial: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(new TextEncoder().encode('VPCARD0'), 1);
  put(bytes, 56, 8, 0x10);
  put(bytes, 24, 32, serial);
  put(bytes, 8, 12, (22 << 4) | 1);
  return sealed(bytes);
}

export interface CsdFacts {
  readonly kind: CardKind;
  readonly sectors: number;
  readonly highSpeed: boolean;
  /** TMP_WRITE_PROTECT and PERM_WRITE_PROTECT. */
  readonly temporary: boolean;
  readonly permanent: boolean;
}

/** READ_BL_LEN of a standard capacity card: above 1 GiB blocks must count double (5.3.2). */
export const blockBits = (kind: CardKind, sectors: number): number => (kind === 'SDSC' && sectors > 2 ** 21 ? 10 : 9);

/** 5.3.2 and 5.3.3. Throws Problem `usage` for a capacity that the register cannot tell. */
export function csd({ kind, sectors, highSpeed, temporary, permanent }: CsdFacts): Uint8Array {
  const bytes = new Uint8Array(16);
  const standard = kind === 'SDSC';
  const bits = blockBits(kind, sectors);
  put(bytes, 126, 2, standard ? 0 : 1);
  // TAAC 1 ms where it counts; 0E is the fixed value of version 2.
  put(bytes, 112, 8, standard ? 0x26 : 0x0e);
  put(bytes, 96, 8, highSpeed ? 0x5a : 0x32);
  put(bytes, 84, 12, CLASSES);
  put(bytes, 80, 4, bits);
  put(bytes, 46, 1, 1);
  put(bytes, 39, 7, 0x7f);
  put(bytes, 26, 3, 2);
  put(bytes, 22, 4, bits);
  if (standard) {
    put(bytes, 79, 1, 1);
    const multiplier = standardMultiplier(sectors >>> (bits - 9));
    const size = Math.floor(sectors / 2 ** (bits - 9) / 2 ** (multiplier + 2)) - 1;
    put(bytes, 62, 12, size);
    put(bytes, 47, 3, multiplier);
  } else {
    const size = sectors / 1024 - 1;
    const [least, most] = kind === 'SDHC' ? [0, 0xffff] : [0xffff, 0x3f_feff];
    if (!Number.isInteger(size) || size < least || size > most) unfit(kind, sectors);
    put(bytes, 48, 22, size);
  }
  put(bytes, 13, 1, permanent ? 1 : 0);
  put(bytes, 12, 1, temporary ? 1 : 0);
  return sealed(bytes);
}

/** C_SIZE_MULT with which C_SIZE tells the capacity exactly. */
function standardMultiplier(blocks: number): number {
  for (let multiplier = 7; multiplier >= 0; multiplier--) {
    const size = blocks / 2 ** (multiplier + 2);
    if (Number.isInteger(size) && size >= 1 && size <= 4096) return multiplier;
  }
  return unfit('SDSC', blocks);
}

function unfit(kind: CardKind, sectors: number): never {
  throw new Problem('usage', `the CSD of an ${kind} card cannot tell a capacity of ${sectors} sectors`);
}

/** 5.6. `version` is the physical layer's: 1 is 1.10. */
export function scr(kind: CardKind, version: 1 | 2 | 3, countCommand: boolean): Uint8Array {
  const bytes = new Uint8Array(8);
  put(bytes, 56, 4, Math.min(version, 2));
  put(bytes, 52, 3, kind === 'SDSC' ? 2 : kind === 'SDHC' ? 3 : 4);
  put(bytes, 48, 4, 0b0101);
  put(bytes, 47, 1, version === 3 ? 1 : 0);
  put(bytes, 33, 1, countCommand ? 1 : 0);
  return bytes;
}

/** 4.10.2: bus width, type of card, speed class 10. */
export function sdStatus(width: 1 | 4): Uint8Array {
  const bytes = new Uint8Array(64);
  put(bytes, 510, 2, width === 4 ? 2 : 0);
  put(bytes, 440, 8, 4);
  return bytes;
}

/** Groups 6 to 1 as nibbles of a number, lowest first. */
const GROUPS = [0, 1, 2, 3, 4, 5] as const;

export interface Switched {
  readonly status: Uint8Array;
  /** The function of group 1 after it. */
  readonly speed: 0 | 1;
}

/** 4.3.10: CMD6's argument to what it answers and does. Only group 1 has a function beside the default: high speed. */
export function switched(argument: number, speed: 0 | 1, highSpeed: boolean): Switched {
  const bytes = new Uint8Array(64);
  let wrong = false;
  let chosen = speed;
  for (const group of GROUPS) {
    const asked = (argument >>> (4 * group)) & 0xf;
    const known = group === 0 && highSpeed ? 0x8003 : 0x8001;
    put(bytes, 400 + 16 * group, 16, known);
    const now = group === 0 ? speed : 0;
    const valid = asked === 0xf || ((known >>> asked) & 1) === 1;
    wrong ||= !valid;
    put(bytes, 376 + 4 * group, 4, valid ? (asked === 0xf ? now : asked) : 0xf);
    if (group === 0 && valid && asked !== 0xf) chosen = asked === 1 ? 1 : 0;
  }
  put(bytes, 496, 16, wrong ? 0 : 100);
  // With one wrong selection none is changed (4.3.10.3).
  return { status: bytes, speed: wrong || argument < 0x8000_0000 ? speed : chosen };
}
