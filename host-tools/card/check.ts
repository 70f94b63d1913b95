// The operation `check`: everything that would keep a Pi from starting from a card, or from being heard.

import fs from 'node:fs';
import { STATE_FILE_BYTES } from '../../firmware/storage/card-limits.js';
import { Problem, systemReason } from '../problem.js';
import { FileSource } from './byte-source.js';
import { findFile, FolderEntry, type CardEntry } from './card-files.js';
import { checkBoot } from './check-boot.js';
import { checkMusic, checkSettings } from './check-music.js';
import {
  CHECK_SCHEMA,
  guarded,
  type CardFinding,
  type CheckEvent,
  type CheckReport,
  type Tell,
} from './check-report.js';
import { findVolume } from './check-volume.js';
import { fatRoot, freeBytes } from './fat-reader.js';
import { STATE } from './player-limits.js';

/** What the player needs to make the file of its state, in clusters of any size. */
const STATE_BYTES = 2 * STATE_FILE_BYTES;
/** `f_type` of statfs(2). */
const FAT_TYPE = 0x4d44;
const OTHER_TYPES: Record<number, string> = {
  0x2011bab0: 'exFAT',
  0x5346544e: 'NTFS',
  0x65735546: 'a FUSE file system',
};

export interface CheckOptions {
  /** An image, a folder where a card is mounted, or a block device. */
  target: string;
  signal?: AbortSignal | undefined;
}

/** Checks it. Throws Problem when the target itself cannot be read; what is wrong on it is a finding. */
export async function* checkCard(options: CheckOptions): AsyncGenerator<CheckEvent, CheckReport> {
  const { target } = options;
  let stat: fs.Stats;
  try {
    stat = fs.statSync(target);
  } catch (error) {
    throw new Problem('not-found', `cannot be read (${systemReason(error)})`, { file: target, cause: error });
  }
  if (stat.isDirectory()) return yield* new Check(options, 'folder').folder();
  const source = FileSource.open(target);
  try {
    return yield* new Check(options, source.isDevice ? 'device' : 'image').image(source);
  } finally {
    source.close();
  }
}

class Check {
  private readonly report: CheckReport;
  /** Findings that have not been yielded. */
  private fresh: CardFinding[] = [];

  constructor(
    private readonly options: CheckOptions,
    kind: CheckReport['kind'],
  ) {
    this.report = {
      ...{ schema: CHECK_SCHEMA, target: options.target, kind, fileSystem: null, label: null, freeBytes: null },
      ...{ firmwareDate: null, buildId: null, tracks: 0, findings: [], errors: [], interrupted: false },
    };
  }

  private readonly tell: Tell = (severity, code, where, what, fix) => {
    const finding: CardFinding = { severity, code, what, where: where || null, fix: fix ?? null };
    this.report.findings.push(finding);
    this.fresh.push(finding);
  };

  async *image(source: FileSource): AsyncGenerator<CheckEvent, CheckReport> {
    const { report, tell } = this;
    const volume = findVolume(source, tell);
    if (volume) {
      report.fileSystem = `FAT${volume.layout.bits}`;
      report.label = volume.layout.label;
      report.freeBytes = guarded(tell, 'bad-fat', 'boot', '', () => freeBytes(volume)) ?? null;
      yield* this.files(fatRoot(volume));
    }
    yield* this.tellFresh();
    return report;
  }

  async *folder(): AsyncGenerator<CheckEvent, CheckReport> {
    const { report, tell } = this;
    const { type, bavail, bsize } = fs.statfsSync(this.options.target);
    report.freeBytes = bavail * bsize;
    if (process.platform === 'linux' && type !== FAT_TYPE)
      tell(
        'boot',
        'no-fat',
        undefined,
        `is on ${OTHER_TYPES[type] ?? 'no FAT file system'}: a Pi boots from FAT only`,
        'name the folder where the card is mounted; mirleft card DIR fills one',
      );
    yield* this.files(FolderEntry.root(this.options.target));
    return report;
  }

  private async *files(root: CardEntry): AsyncGenerator<CheckEvent> {
    const { report, tell } = this;
    const { signal } = this.options;
    const { config, firmwareDate, buildId } = checkBoot(root, tell);
    report.firmwareDate = firmwareDate ?? null;
    report.buildId = buildId ?? null;
    checkSettings(root, tell);
    const hasState =
      (guarded(tell, 'broken-file', 'note', STATE, () => findFile(root, STATE))?.bytes ?? 0) >= STATE_FILE_BYTES;
    if (!hasState && report.freeBytes !== null && report.freeBytes < STATE_BYTES)
      tell(
        'note',
        'no-room',
        undefined,
        'has no room left for what the player remembers (player.state)',
        'delete something',
      );
    yield* this.tellFresh();
    const looking = checkMusic(root, tell, signal);
    try {
      for (;;) {
        const { done, value } = await looking.next();
        yield* this.tellFresh();
        if (done) {
          report.tracks = value;
          break;
        }
        yield value;
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
      report.interrupted = true;
      return;
    }
    if (report.tracks === 0 && !config?.ramFile)
      tell(
        'sound',
        'no-tracks',
        undefined,
        'has no track that the device can decode',
        'mirleft image --music DIR adds some',
      );
    yield* this.tellFresh();
  }

  private *tellFresh(): Generator<CheckEvent> {
    const { fresh } = this;
    this.fresh = [];
    for (const finding of fresh) yield { event: 'finding', finding };
  }
}
