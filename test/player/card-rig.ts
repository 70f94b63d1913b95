// The player on a virtual Pi with a card in its socket: a FAT volume made by mkfs.fat and filled by mtools.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { WordEvents } from '../../host-tools/capture/ring.js';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { formatFinding } from '../../host-tools/virtual-pi/findings.js';
import { SdCard, type SdCardOptions } from '../../host-tools/virtual-pi/sd/sd-card.js';
import { MemorySectors } from '../../host-tools/virtual-pi/sd/sector-store.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import { makeFat, mtools } from '../support/fat-image.js';
import type { Rec } from './program-rig.js';

const SECTOR = 512;

/** A card image with files, by their paths. */
export function cardImage(files: Readonly<Record<string, Uint8Array | string>>, kib = 32 * 1024): Buffer {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-card-'));
  try {
    const image = path.join(folder, 'card.img');
    makeFat(image, { bits: 16, kib, label: 'MUSIC' });
    const tree = path.join(folder, 'tree');
    for (const [name, data] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
      fs.writeFileSync(path.join(tree, name), data);
    }
    mtools(image, 'mcopy', '-s', ...fs.readdirSync(tree).map((name) => path.join(tree, name)), '::/');
    return fs.readFileSync(image);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** One block of the jack. */
export interface Block {
  kind: number;
  track: number;
  words: number[];
}

export class CardRig implements WordEvents {
  readonly pi: VirtualPi;
  readonly store: MemorySectors;
  readonly card: SdCard;
  readonly blocks: Block[] = [];
  private said = '';
  private track = -1;
  private shown = 0;

  constructor(
    program: ProgramSource,
    image: Buffer | MemorySectors,
    options: Partial<SdCardOptions> = {},
    ramDisk?: Uint8Array,
  ) {
    this.store = image instanceof MemorySectors ? image : new MemorySectors(image.length / SECTOR, image);
    this.card = new SdCard({ store: this.store, ...options });
    this.pi = new VirtualPi({
      program,
      card: this.card,
      ramDisk,
      words: this,
      onConsole: (bytes) => (this.said += Buffer.from(bytes).toString('latin1')),
    });
  }

  block(words: Uint32Array, kind: number): void {
    this.blocks.push({ kind, track: this.track, words: [...words] });
  }

  register(offset: number, value: number): void {
    if (offset === 0x68) this.track = value;
  }

  get ms(): number {
    return this.pi.now / MILLISECOND;
  }

  /** Lets time pass, or until `done`. */
  run(ms: number, done: () => boolean = () => false): this {
    const until = this.pi.now + ms * MILLISECOND;
    while (this.pi.now < until && !this.pi.ended && !done()) this.pi.runTo(Math.min(until, this.pi.now + MILLISECOND));
    return this;
  }

  /** To the end of the program. */
  finish(): this {
    this.run(120_000);
    assert.ok(this.pi.ended, this.text);
    return this;
  }

  type(keys: string): this {
    this.pi.type(Buffer.from(keys, 'latin1'));
    return this.run(20);
  }

  /** All that was printed, a character a byte. */
  get sent(): string {
    return this.said;
  }

  /** What was printed without the records. */
  get text(): string {
    return Buffer.from(this.said, 'latin1')
      .toString()
      .replace(/\x1e[^\n]*\n/g, '');
  }

  /** The lines printed since the last call. */
  lines(): string[] {
    const lines = this.text.split('\r\n').filter(Boolean);
    const fresh = lines.slice(this.shown);
    this.shown = lines.length;
    return fresh;
  }

  records(event: string): Rec[] {
    return [
      ...Buffer.from(this.said, 'latin1')
        .toString()
        .matchAll(/\x1e([^\n]*)\n/g),
    ]
      .map(([, json = '']) => JSON.parse(json) as Rec)
      .filter((record) => record.event === event);
  }

  /** The names of the tracks that have begun, in their order. */
  get played(): string[] {
    return this.records('track').map((record) => String(record['name']));
  }

  trackWords(track?: number): number[] {
    return this.blocks
      .filter((block) => block.kind === 1 && (track === undefined || block.track === track))
      .flatMap(({ words }) => words);
  }

  /** The program has done nothing that the chip does not like, and the sound was never late. */
  clean(): void {
    assert.deepEqual(this.pi.findings.list.map(formatFinding), []);
    assert.equal(this.pi.hardwareUnderruns, 0);
  }

  /** What lies on the card now. */
  image(): Buffer {
    return Buffer.concat(Array.from({ length: this.store.sectors }, (_, sector) => this.store.read(sector)));
  }
}
