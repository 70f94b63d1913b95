// `--port qemu`: an emulator with the player, or a program of the user's, started for one connection and ended with it.

import fs from 'node:fs';
import { buildProgram, finishBuild } from '../build/program.js';
import type { Program } from '../build/project.js';
import { checkCard } from '../card/boot-card.js';
import { startEmulator } from '../emulator/emulator.js';
import { makeScratch } from '../emulator/scratch.js';
import { TAR_END_BYTES, tarHeader, tarPadding } from '../media/tar.js';
import { Problem, systemReason } from '../problem.js';
import { StreamTransport } from './stream-transport.js';
import type { Transport } from './transport.js';

/** Without a card there is nothing to play, and the demo would only take the machine's time. */
const SETTINGS = Buffer.from('demo = off\n');
const QUIET = Buffer.concat([
  tarHeader(Buffer.from('player.ini'), SETTINGS.length),
  SETTINGS,
  tarPadding(SETTINGS.length),
  Buffer.alloc(TAR_END_BYTES),
]);

/** Starts one, with a card's image in its slot where one is named. Throws Problem and what a build throws. */
export async function openEmulator(card: string | undefined, program: string | Program = 'player'): Promise<Transport> {
  if (card !== undefined && !fs.existsSync(card))
    throw new Problem('not-found', 'no such file', { file: card, hint: 'mirleft image makes a card' });
  if (card !== undefined) checkCard(card);
  const { image } = await finishBuild(buildProgram({ program }));
  const scratch = makeScratch();
  try {
    const kernel = scratch.file('kernel8.img');
    fs.writeFileSync(kernel, image);
    const ramDisk = card === undefined ? scratch.file('ramdisk.tar') : undefined;
    if (ramDisk !== undefined) fs.writeFileSync(ramDisk, QUIET);
    const emulator = await startEmulator({ scratch, kernel, card, ramDisk, resets: true, undebugged: true });
    emulator.ended.then(scratch.remove, scratch.remove);
    return new StreamTransport('qemu', emulator.console, emulator.keys, async () => {
      await emulator.stop();
    });
  } catch (error) {
    scratch.remove();
    if (error instanceof Problem) throw error;
    throw new Problem('emulator-failed', `cannot be started (${systemReason(error)})`, { cause: error });
  }
}
