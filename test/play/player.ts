// The player, built once a process, and runs of it for tests.

import { buildProgram, finishBuild, type Build } from '../../host-tools/build/program.js';
import type { PlayEvent, PlayOptions } from '../../host-tools/play/options.js';
import { play } from '../../host-tools/play/play.js';
import type { PlayReport } from '../../host-tools/play/report.js';

let built: Promise<Build> | undefined;

/** The player's build. */
export const playerBuild = (): Promise<Build> => (built ??= finishBuild(buildProgram({ program: 'player' })));

export interface Run {
  report: PlayReport;
  events: PlayEvent[];
}

/** Plays to the end. */
export async function playToEnd(options: Omit<PlayOptions, 'build'>): Promise<Run> {
  const playing = play({ ...options, build: await playerBuild() });
  const events: PlayEvent[] = [];
  for (;;) {
    const { done, value } = await playing.next();
    if (done) return { report: value, events };
    events.push(value);
  }
}

/** CRC-32 (IEEE 802.3), bit by bit. */
export function crc32(bytes: Uint8Array): string {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (~crc >>> 0).toString(16).padStart(8, '0');
}

/**
 * The words of the jack for 32-bit frames, computed apart from the firmware: full scale -2^31 to 2^31 over 0 to
 * `range`, rounded to nearest; right before left; `repeat` times. `gain` is 2^30 for 0 dB.
 */
export function wordsOf(
  samples: Int32Array,
  channels: number,
  range: number,
  repeat: number,
  gain = 1n << 30n,
): Uint32Array {
  const frames = samples.length / channels;
  const words = new Uint32Array(frames * 2 * repeat);
  const word = (sample: number): number => {
    // At 0 dB everything fits into the 53 bits of a double.
    if (gain === 1n << 30n) return Math.floor((sample * range + range * 2 ** 31 + 2 ** 31) / 2 ** 32);
    const scaled = (BigInt(sample) * gain) >> 30n;
    return Number((scaled * BigInt(range) + (BigInt(range) << 31n) + (1n << 31n)) >> 32n);
  };
  let at = 0;
  for (let frame = 0; frame < frames; frame++) {
    const left = word(samples[frame * channels] as number);
    const right = channels === 2 ? word(samples[frame * 2 + 1] as number) : left;
    for (let i = 0; i < repeat; i++) {
      words[at++] = right;
      words[at++] = left;
    }
  }
  return words;
}
