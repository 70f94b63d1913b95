// How long a card's image takes whose tracks need no conversion.

import fs from 'node:fs';
import path from 'node:path';
import { buildProgram, finishBuild, type Build } from '../build/program.js';
import { makeCardImage } from '../card/image.js';
import type { Scratch } from '../emulator/scratch.js';
import { encodeQoa } from '../media/qoa.js';
import { Problem } from '../problem.js';
import type { BenchRow } from './bench.js';
import { music } from './music.js';

const TRACKS = 20;
const TRACK_SECONDS = 50;
const RATE_HZ = 44_100;
const IMAGE_BYTES = 64 << 20;

/** An image of 64 MiB with 20 tracks of QOA, made twice: the time of the first, and the same bytes. Throws Problem. */
export async function cardImage(scratch: Scratch): Promise<BenchRow[]> {
  const build = await finishBuild(buildProgram({ program: 'player' }));
  const folder = scratch.file('music');
  fs.mkdirSync(folder);
  const track = encodeQoa(music(TRACK_SECONDS, RATE_HZ), RATE_HZ, 2);
  for (let number = 1; number <= TRACKS; number++) fs.writeFileSync(path.join(folder, `track ${number}.qoa`), track);
  const [first, second] = [scratch.file('first.img'), scratch.file('second.img')];
  const measured = await make(first, folder, build);
  await make(second, folder, build);
  if (!fs.readFileSync(first).equals(fs.readFileSync(second)))
    throw new Problem('unexpected', 'the same input has made two different images');
  const how = `${TRACKS} tracks of ${(track.length / 1e6).toFixed(1)} MB, in process, wall time; made twice, the same bytes`;
  return [{ id: 'cardImage', what: 'card image of 64 MiB', unit: 's', goal: 0.5, measured, how }];
}

/** Seconds that it took. */
async function make(output: string, folder: string, build: Build): Promise<number> {
  const began = performance.now();
  const making = makeCardImage({ output, music: [folder], build, firmware: false, size: IMAGE_BYTES });
  for (;;) {
    const { done, value } = await making.next();
    if (!done) continue;
    if (value.tracks.length !== TRACKS) throw new Problem('no-room', 'not all tracks came onto the card');
    return (performance.now() - began) / 1000;
  }
}
