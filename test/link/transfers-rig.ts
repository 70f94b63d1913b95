// Transfers between a folder here and the device's own service.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Connect, TransferEvent, TransferReport } from '../../host-tools/link/file-transfers.js';
import { getFiles, type GetOptions } from '../../host-tools/link/get-files.js';
import { putFiles, type PutOptions } from '../../host-tools/link/put-files.js';
import { Problem, type ProblemCode } from '../../host-tools/problem.js';
import { testFolder } from '../media/sounds.js';
import { checkFat, makeFat } from '../support/fat-image.js';
import { connecting } from './files-link.js';
import { FilesRig } from './files-rig.js';

export interface Ran {
  events: TransferEvent[];
  report: TransferReport;
}

async function finish(running: AsyncGenerator<TransferEvent, TransferReport>): Promise<Ran> {
  const events: TransferEvent[] = [];
  for (;;) {
    const { done, value } = await running.next();
    if (done) return { events, report: value };
    events.push(value);
  }
}

/** A promise that must be rejected with a Problem of this kind. */
export const refuses = (promise: Promise<unknown>, code: ProblemCode, text = /./): Promise<void> =>
  assert.rejects(promise, (error) => {
    assert(error instanceof Problem, String(error));
    assert.equal(error.code, code, error.line());
    assert.match(error.line(), text);
    return true;
  });

/** The one file of a transfer must have failed with a Problem of this kind. */
export function failed({ events, report }: Ran, code: ProblemCode, text = /./): void {
  const problems = events.flatMap((event) => (event.event === 'failed' ? [event.problem] : []));
  assert.deepEqual([problems.map((problem) => problem.code), report.files, report.failed], [[code], 0, 1]);
  assert.match(problems[0]?.line() ?? '', text);
}

export const kinds = ({ events }: Ran): string[] => [...new Set(events.map(({ event }) => event))];

/** What the tests of a suite work with; each has its own. */
class Transfers {
  rig!: FilesRig;
  folder = '';
  connect!: Connect;
  private image = Buffer.alloc(0);

  begin(): void {
    this.folder = testFolder();
    makeFat(this.at('card.img'), { bits: 16, kib: 4000, clusterSectors: 1 });
    this.image = fs.readFileSync(this.at('card.img'));
    this.rig.mount(this.image);
    this.connect = connecting(this.rig);
  }

  end(): void {
    fs.writeFileSync(this.at('card.img'), this.image);
    assert.equal(checkFat(this.at('card.img')), '');
  }

  readonly at = (name: string): string => path.join(this.folder, name);

  readonly file = (name: string, content: Uint8Array | string): string => {
    fs.mkdirSync(path.dirname(this.at(name)), { recursive: true });
    fs.writeFileSync(this.at(name), content);
    return this.at(name);
  };

  readonly tree = (name: string): string[] => fs.readdirSync(this.at(name), { recursive: true }).map(String).sort();

  /** What is left of gets that were broken off. */
  readonly parts = (): string[] => fs.readdirSync(this.folder).filter((name) => name.includes('mirleft-get'));

  readonly put = (files: string[], to: string, options: Partial<PutOptions> = {}): Promise<Ran> =>
    finish(putFiles({ connect: this.connect, files, to, ...options }));

  readonly get = (name: string, to: string, options: Partial<GetOptions> = {}): Promise<Ran> =>
    finish(getFiles({ connect: this.connect, name, file: to, ...options }));
}

/** For the tests of a suite: each has a folder and a card of its own, and must leave the card whole. */
export function transfersHere(): Transfers {
  const here = new Transfers();
  before(async () => (here.rig = await FilesRig.start()));
  beforeEach(() => here.begin());
  afterEach(() => here.end());
  return here;
}
