// The bytes of a directory: entries of 32 bytes, a long name in entries of its own before the short one.
// Source: Microsoft, FAT32 File System Specification 1.03, "FAT Directory Structure" and "Long Directory Entries".

import { shortNames, type ShortName } from './card-names.js';
import { FIRST_CLUSTER } from './fat-geometry.js';
import type { Placed } from './card-tree.js';

const ENTRY = 32;
const ATTRIBUTE_LABEL = 0x08;
const ATTRIBUTE_FOLDER = 0x10;
const ATTRIBUTE_ARCHIVE = 0x20;
const ATTRIBUTE_LONG = 0x0f;
const LAST_LONG = 0x40;
/** UTF-16 units of a long name in one entry, and where they stand. */
const UNIT_OFFSETS = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];

/** A date and time as FAT has them; years 1980 to 2107, steps of 2 s, UTC. */
export function fatTime(seconds: number): { date: number; time: number } {
  const at = new Date(Math.min(Math.max(seconds, 315_532_800), 4_354_819_198) * 1000);
  return {
    date: ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
  };
}

/** A directory, padded with zeros to its clusters. `label` (11 letters) is the root's; `parent` is another's. */
export function directoryBytes(
  placed: Placed,
  clusterBytes: number,
  seconds: number,
  above: { label: string } | { parent: number },
): Buffer {
  const out = Buffer.alloc(placed.clusters * clusterBytes);
  const { date, time } = fatTime(seconds);
  let at = 0;
  const entry = (short: string, attribute: number, cluster: number, bytes: number): void => {
    out.write(short, at, 'latin1');
    out[at + 11] = attribute;
    if (attribute !== ATTRIBUTE_LABEL) {
      out.writeUInt16LE(time, at + 14);
      out.writeUInt16LE(date, at + 16);
      out.writeUInt16LE(date, at + 18);
    }
    out.writeUInt16LE(cluster >>> 16, at + 20);
    out.writeUInt16LE(time, at + 22);
    out.writeUInt16LE(date, at + 24);
    out.writeUInt16LE(cluster & 0xffff, at + 26);
    out.writeUInt32LE(bytes, at + 28);
    at += ENTRY;
  };
  if ('label' in above) entry(above.label, ATTRIBUTE_LABEL, 0, 0);
  else {
    entry('.'.padEnd(11), ATTRIBUTE_FOLDER, placed.cluster, 0);
    // The root is named 0 there, whatever its cluster.
    entry('..'.padEnd(11), ATTRIBUTE_FOLDER, above.parent === FIRST_CLUSTER ? 0 : above.parent, 0);
  }
  const members = [
    ...placed.folders.map(({ folder, cluster }) => ({
      name: folder.name,
      attribute: ATTRIBUTE_FOLDER,
      cluster,
      bytes: 0,
    })),
    ...placed.files.map(({ file, cluster }) => ({
      ...{ name: file.path.slice(file.path.lastIndexOf('/') + 1), attribute: ATTRIBUTE_ARCHIVE, cluster },
      bytes: file.bytes,
    })),
  ];
  const shorts = shortNames(members.map(({ name }) => name));
  for (const [i, { name, attribute, cluster, bytes }] of members.entries()) {
    const { short, long } = shorts[i] as ShortName;
    if (long) at = writeLong(out, at, name, short);
    entry(short, attribute, cluster, bytes);
  }
  return out;
}

/** The long name's entries, the name's end first; returns where they end. */
function writeLong(out: Buffer, at: number, name: string, short: string): number {
  let sum = 0;
  for (let i = 0; i < short.length; i++) sum = (((sum & 1) << 7) + (sum >> 1) + short.charCodeAt(i)) & 0xff;
  const parts = Math.ceil(name.length / UNIT_OFFSETS.length);
  for (let part = parts; part > 0; part--, at += ENTRY) {
    out[at] = part === parts ? part | LAST_LONG : part;
    out[at + 11] = ATTRIBUTE_LONG;
    out[at + 13] = sum;
    for (const [i, offset] of UNIT_OFFSETS.entries()) {
      const unit = (part - 1) * UNIT_OFFSETS.length + i;
      // Behind the name one zero, then ones.
      const value = unit < name.length ? name.charCodeAt(unit) : unit === name.length ? 0 : 0xffff;
      out.writeUInt16LE(value, at + offset);
    }
  }
  return at;
}
