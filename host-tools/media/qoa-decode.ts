// QOA back to samples, for what the host plays or changes itself; the format is told in qoa.ts.

import { Problem } from '../problem.js';
import { channelsText, checkRate, type Pcm } from './pcm.js';
import { FILE_HEADER, FRAME, FRAME_HEADER, LEVELS, qoaBytes, SLICE, STATE_BYTES } from './qoa.js';

/** A frame as it stands in the file. */
export interface QoaFrame {
  bytes: Buffer;
  /** Of a channel. */
  samples: number;
}

/** A file taken apart into its frames; `flaw` says why it ends before the file does. */
export interface QoaFile {
  rateHz: number;
  channels: 1 | 2;
  frames: QoaFrame[];
  /** Of a channel, in all frames. */
  samples: number;
  flaw?: Problem;
}

/** Takes a file apart. Throws Problem when there is nothing to play in it. */
export function openQoa(bytes: Buffer, file: string): QoaFile {
  if (bytes.length < FILE_HEADER + FRAME_HEADER)
    throw new Problem('bad-media', 'is cut off in its header', { file, offset: bytes.length });
  const channels = bytes[FILE_HEADER] ?? 0;
  const rateHz = bytes.readUIntBE(FILE_HEADER + 1, 3);
  if (channels !== 1 && channels !== 2) throw new Problem('unsupported-media', channelsText(channels), { file });
  checkRate(rateHz, file, FILE_HEADER + 1);
  const opened: QoaFile = { rateHz, channels, frames: [], samples: 0 };
  for (let at = FILE_HEADER; at < bytes.length;) {
    const samples = at + FRAME_HEADER <= bytes.length ? bytes.readUInt16BE(at + 4) : 0;
    const length = qoaBytes(samples, channels) - FILE_HEADER;
    const isWhole = at + length <= bytes.length && samples > 0;
    const isRight =
      isWhole &&
      bytes[at] === channels &&
      bytes.readUIntBE(at + 1, 3) === rateHz &&
      samples <= FRAME &&
      bytes.readUInt16BE(at + 6) === length;
    if (!isRight) {
      const what = isWhole ? 'has a broken frame' : 'is cut off';
      opened.flaw = new Problem('bad-media', what, { file, offset: at, hint: 'what comes before is played' });
      break;
    }
    opened.frames.push({ bytes: bytes.subarray(at, at + length), samples });
    opened.samples += samples;
    at += length;
  }
  if (opened.samples === 0) throw opened.flaw ?? new Problem('bad-media', 'has no sound', { file });
  return opened;
}

/** Decodes one frame. */
export function decodeQoaFrame({ bytes, samples }: QoaFrame, rateHz: number, channels: 1 | 2): Pcm {
  const out = new Int16Array(samples * channels);
  for (let channel = 0; channel < channels; channel++) {
    const state = Int32Array.from({ length: 8 }, (_, i) =>
      bytes.readInt16BE(FRAME_HEADER + channel * STATE_BYTES + 2 * i),
    );
    const slices = FRAME_HEADER + channels * STATE_BYTES;
    for (let first = 0, slice = channel; first < samples; first += SLICE, slice += channels)
      decodeSlice(bytes, slices + 8 * slice, state, out, first * channels + channel, channels);
  }
  return { rateHz, channels, bits: 16, samples: out };
}

function decodeSlice(bytes: Buffer, at: number, state: Int32Array, out: Int16Array, to: number, step: number): void {
  let high = bytes.readUInt32BE(at);
  let low = bytes.readUInt32BE(at + 4);
  const base = (high >>> 28) << 2;
  high = (high << 4) | (low >>> 28);
  low <<= 4;
  for (let i = 0; i < SLICE && to < out.length; i++, to += step) {
    const code = high >>> 29;
    high = (high << 3) | (low >>> 29);
    low <<= 3;
    const level = LEVELS[base + (code >> 1)] as number;
    const residual = code & 1 ? -level : level;
    let sum = 0;
    for (let k = 0; k < 4; k++) sum = (sum + Math.imul(state[k] as number, state[4 + k] as number)) | 0;
    const sample = Math.max(-32768, Math.min(32767, (sum >> 13) + residual));
    const delta = residual >> 4;
    for (let k = 0; k < 4; k++) state[4 + k] = (state[4 + k] as number) + ((state[k] as number) < 0 ? -delta : delta);
    state.copyWithin(0, 1, 4);
    state[3] = sample;
    out[to] = sample;
  }
}
