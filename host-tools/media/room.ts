// Whether a file fits into what is left of the RAM disk, judged as early as something tells its length.

import { Problem } from '../problem.js';
import type { Pcm } from './pcm.js';
import { qoaBytes } from './qoa.js';
import { memberBytes } from './tar.js';

/** Of a WAV as it is packed (wav.ts). */
const WAV_HEADER_BYTES = 44;

/** What is left, and how the file is packed. */
export interface Room {
  /** Of the archive, the member's header included. */
  bytes: number;
  qoa: boolean;
}

/** What decoding has to keep to. */
export interface Bounds {
  room?: Room | undefined;
  signal?: AbortSignal | undefined;
  /** Gets the sound piece by piece; what is returned at the end has no samples then. */
  take?: ((piece: Pcm) => void) | undefined;
}

/** Throws Problem when a member of `bytes` does not fit. `isQoa`: whether it is as small as it gets. */
export function checkMember(bytes: number, room: number, isQoa: boolean, file: string): void {
  const over = memberBytes(bytes) - room;
  if (over > 0)
    throw new Problem('no-room', `does not fit into the board's RAM disk, by ${over} bytes`, {
      file,
      hint: isQoa ? 'play fewer files at a time' : '--qoa packs it to a fifth',
    });
}

/** Throws Problem when so many decoded frames do not fit. `bits` is the width in a WAV. */
export function checkFrames(
  frames: number,
  channels: number,
  bits: number,
  room: Room | undefined,
  file: string,
): void {
  if (!room) return;
  const bytes = room.qoa ? qoaBytes(frames, channels) : WAV_HEADER_BYTES + (frames * channels * bits) / 8;
  checkMember(bytes, room.bytes, room.qoa, file);
}
