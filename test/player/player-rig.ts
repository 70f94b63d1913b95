// The player on its models, and what tests of it share.

import { archive, compileFirmware, ini, ProgramRig, tone, wav16 } from './program-rig.js';

export const RANGE = 2834; // at 44.1 kHz
export const REPORTING = ini('records = on', 'crc = on', 'volume_db = 0', 'at_end = exit');
/** Page down and page up. */
export const NEXT = '\x1b[6~';
export const PREVIOUS = '\x1b[5~';
export const gainOf = (db: number): number => Math.round(2 ** 30 * 10 ** (db / 20));

let wasm: Uint8Array;

export async function compilePlayer(): Promise<void> {
  wasm = await compileFirmware('player');
}

export const player = (ramDisk: Uint8Array, options = {}): ProgramRig =>
  new ProgramRig(wasm, { ramDisk, ...options }).start();

/** Starts a player that keeps playing `seconds` long tracks, and is past the ramp. */
export function playing(tracks = 1, seconds = 30, settings: string[] = []): ProgramRig {
  const files = Array.from({ length: tracks }, (_, i) => ({
    name: `${i + 1}.wav`,
    data: wav16(tone(seconds * 44100, 1, i + 1), 44100, 1),
  }));
  const rig = player(archive(ini('volume_db = 0', 'records = on', ...settings), ...files)).run(100);
  rig.lines();
  return rig;
}
