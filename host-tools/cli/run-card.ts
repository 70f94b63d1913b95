// `run --card`: what a card boots becomes what the emulator or the virtual Pi is given.

import fs from 'node:fs';
import path from 'node:path';
import { KERNEL, RAM_DISK } from '../../boot/memory-map.js';
import type { Build } from '../build/program.js';
import type { SymbolSource } from '../build/symbolize.js';
import { jumpTo, readBoot, readCardBoot, type CardBoot } from '../card/boot-card.js';
import { FileSectors } from '../card/file-sectors.js';
import type { OurKernel } from '../card/kernel-image.js';
import { loaderArguments } from '../emulator/arguments.js';
import type { Scratch } from '../emulator/scratch.js';
import type { BootImage } from '../play/run-player.js';
import { Problem } from '../problem.js';
import { SdCard } from '../virtual-pi/sd/sd-card.js';

const NO_MAP = JSON.stringify({ version: 3, sources: [], names: [], mappings: '' });

/** What runs: a build, or the kernel of a card, whose source nobody knows. */
export interface Runnable extends SymbolSource {
  /** For people. */
  name: string;
  image: Uint8Array;
  /** Where it is loaded to. */
  address: number;
}

export const builtProgram = (build: Build): Runnable => ({ ...build, name: build.program.name, address: KERNEL });

/** A kernel, with the module in it if it is one of ours. */
export const kernelProgram = (name: string, image: Uint8Array, address: number, ours?: OurKernel): Runnable => {
  const { wasm = new Uint8Array(), buildId = '' } = ours ?? {};
  return { name, image, address, wasm, buildId, sourceMap: NO_MAP, symbols: [] };
};

/** A card in the slot, and what is on it. */
export class CardRun {
  private found: CardBoot;
  private sectors: FileSectors | undefined;

  /** `isOptional`: another program takes the place of the card's kernel. Throws Problem. */
  constructor(
    readonly image: string,
    readonly isSnapshot: boolean,
    readonly isOptional: boolean,
  ) {
    this.found = readCardBoot(image, isOptional);
  }

  /** What it booted when it was looked at last. */
  get boot(): CardBoot {
    return this.found;
  }

  /** Looks at it again: it has been written to. Throws Problem. */
  look(): void {
    const { sectors, image, isOptional } = this;
    this.found = sectors ? readBoot(sectors.source, isOptional) : readCardBoot(image, isOptional);
  }

  /** The kernel of the card. */
  get program(): Runnable {
    const { kernel } = this.boot;
    if (!kernel) throw new Problem('bad-card', 'has no kernel', { file: this.image });
    const { bytes, address, ours } = kernel;
    return kernelProgram(path.basename(this.image), bytes, address, ours);
  }

  /** For QEMU, which starts what it is given at KERNEL. `ramDisk` is one that is there already. */
  bootImage(program: Runnable, scratch: Scratch, ramDisk: string | undefined): BootImage {
    const extra: string[] = [];
    const load = (name: string, bytes: Uint8Array, address: number): void => {
      fs.writeFileSync(scratch.file(name), bytes);
      extra.push(...loaderArguments(scratch.file(name), address));
    };
    const { ramFile } = this.boot;
    let disk = ramDisk;
    if (ramFile && ramFile.address !== RAM_DISK) load('ramfile', ramFile.bytes, ramFile.address);
    else if (ramFile && disk === undefined) fs.writeFileSync((disk = scratch.file('ramfile')), ramFile.bytes);
    const isThere = program.address === KERNEL;
    if (!isThere) load('kernel', program.image, program.address);
    const image = isThere ? program.image : jumpTo(program.address);
    return { extra, ramDisk: disk, image };
  }

  /** For the virtual Pi. Throws Problem when the card's kernel is no module of ours. */
  virtual(program: Runnable): { card: SdCard; ramDisk: Uint8Array | undefined } {
    if (program.wasm.length === 0)
      throw new Problem('bad-card', "has a kernel that is none of Mirleft's", {
        file: this.image,
        hint: 'the virtual Pi runs modules only; without --on virtual QEMU runs it',
      });
    this.sectors ??= new FileSectors(this.image, this.boot.bytes, !this.isSnapshot);
    const card = new SdCard({ store: this.sectors });
    card.presetInitialised();
    const { ramFile } = this.boot;
    return { card, ramDisk: ramFile?.address === RAM_DISK ? ramFile.bytes : undefined };
  }

  /** Puts what the virtual Pi has written onto the card, unless it is to stay as it was. Throws Problem. */
  finish(): void {
    const { sectors } = this;
    this.sectors = undefined;
    if (!sectors) return;
    try {
      if (!this.isSnapshot) sectors.putBack();
    } finally {
      sectors.close();
    }
  }
}
