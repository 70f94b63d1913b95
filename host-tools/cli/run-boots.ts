// What `mirleft run` boots on the virtual Pi, and on both targets after the board was reset: the kernel that the card has
// then, or what it has begun with.

import fs from 'node:fs';
import { KERNEL } from '../../boot/memory-map.js';
import { readOurKernel } from '../card/kernel-image.js';
import type { Scratch } from '../emulator/scratch.js';
import type { BootImage } from '../play/run-player.js';
import type { NextBoot } from '../play/run-virtual.js';
import { Problem } from '../problem.js';
import type { PiEnd } from '../virtual-pi/virtual-pi.js';
import { kernelProgram, type CardRun, type Runnable } from './run-card.js';

/** For QEMU; undefined where its own reset, with the kernel that it was started with, does the same. */
export function nextImage(
  card: CardRun | undefined,
  scratch: Scratch,
  ramDisk: string | undefined,
): (() => BootImage) | undefined {
  // What is written to a snapshot goes with its QEMU.
  if (!card || card.isOptional || card.isSnapshot) return undefined;
  return () => {
    card.look();
    return card.bootImage(card.program, scratch, ramDisk);
  };
}

/** For the virtual Pi. `ramDisk` is one that is there already, instead of the card's. Throws Problem. */
export function virtualBoot(program: Runnable, card: CardRun | undefined, ramDisk: string | undefined): NextBoot {
  const boot = { program, buildId: program.buildId, ...card?.virtual(program) };
  return ramDisk === undefined ? boot : { ...boot, ramDisk: fs.readFileSync(ramDisk) };
}

/** For the virtual Pi. `restartsOnFault`: after a fault too, where the program wants it. */
export function nextProgram(
  card: CardRun | undefined,
  first: Runnable,
  ramDisk: string | undefined,
  restartsOnFault: boolean,
): (end: PiEnd) => NextBoot | undefined {
  return (end) => {
    if (end.kind === 'fault' && !restartsOnFault) return undefined;
    let program = first;
    if (end.kind === 'chain') program = chained(end.image);
    else if (card && !card.isOptional) {
      card.look();
      program = card.program;
    }
    return virtualBoot(program, card, ramDisk);
  };
}

function chained(image: Uint8Array): Runnable {
  const ours = readOurKernel(Buffer.from(image));
  if (!ours)
    throw new Problem('bad-firmware', "the program has gone to a kernel that is none of Mirleft's", {
      hint: 'the virtual Pi runs modules only; without --on virtual QEMU runs it',
    });
  return kernelProgram('next kernel', image, KERNEL, ours);
}
