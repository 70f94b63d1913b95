// What `check` finds on a card, and how it tells.

import type { ErrorReport } from '../play/report.js';
import { Problem } from '../problem.js';

export const CHECK_SCHEMA = 1;

/** A Pi does not start from it; it starts, and something is not heard; or only worth knowing. */
export type Severity = 'boot' | 'sound' | 'note';

export type FindingCode =
  | 'no-fat'
  | 'no-partition-table'
  | 'partition-type'
  | 'not-first-partition'
  | 'cut-off'
  | 'bad-fat'
  | 'not-unmounted'
  | 'image-size'
  | 'no-room'
  | 'no-config'
  | 'config-not-text'
  | 'config-line-too-long'
  | 'config-not-ascii'
  | 'config-condition'
  | 'config-include'
  | 'no-videocore-files'
  | 'no-start-file'
  | 'no-fixup-file'
  | 'bad-start-file'
  | 'unpaired'
  | 'no-full-pair'
  | 'no-device-tree'
  | 'bad-device-tree'
  | 'no-gic'
  | 'no-kernel'
  | 'bad-kernel'
  | 'other-kernel'
  | 'kernel-address'
  | 'arm-64bit'
  | 'boot-delay'
  | 'no-ram-file'
  | 'no-tracks'
  | 'not-decodable'
  | 'not-by-name'
  | 'too-many-tracks'
  | 'too-many-folders'
  | 'same-short-name'
  | 'path-too-long'
  | 'bad-name'
  | 'broken-folder'
  | 'broken-file'
  | 'no-settings'
  | 'settings-not-text';

export interface CardFinding {
  severity: Severity;
  code: FindingCode;
  what: string;
  /** A path on the card, with a line where that is meant; null for the card as a whole. */
  where: string | null;
  fix: string | null;
}

export type CheckEvent = { event: 'finding'; finding: CardFinding } | { event: 'looking'; path: string; files: number };

export interface CheckReport {
  schema: typeof CHECK_SCHEMA;
  target: string;
  kind: 'image' | 'folder' | 'device';
  /** FAT12, FAT16 or FAT32; null where none can be read, and of a folder. */
  fileSystem: string | null;
  label: string | null;
  freeBytes: number | null;
  /** When the VideoCore's firmware was built, YYYY-MM-DD. */
  firmwareDate: string | null;
  /** Of a kernel that is ours, 16 hexadecimal digits. */
  buildId: string | null;
  /** Those that the device can decode. */
  tracks: number;
  findings: CardFinding[];
  errors: ErrorReport[];
  interrupted: boolean;
}

/** Takes a finding; `where` is a path on the card. */
export type Tell = (
  severity: Severity,
  code: FindingCode,
  where: string | undefined,
  what: string,
  fix?: string,
) => void;

/** Does something that may fail because the card is broken; then that is told, and the result undefined. */
export function guarded<T>(
  tell: Tell,
  code: FindingCode,
  severity: Severity,
  where: string,
  work: () => T,
): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    tell(severity, code, where, error.message, error.hint);
    return undefined;
  }
}
