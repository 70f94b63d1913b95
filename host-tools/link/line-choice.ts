// What is sent over a line of a given speed: samples as they are, or packed as QOA, and how long before it sounds.

import { AudioFormat } from '../../firmware/link/protocol.js';
import { grouped } from '../words.js';

/** Payload bytes a second that a line of so many bits a second carries beside acknowledgements and some text. */
export const lineBytes = (baud: number): number => (baud / 10) * 0.96;

/** A line as both ends have it. */
interface Line {
  readonly transport: { readonly baud: number };
  /** The device knows whether it keeps a rate: a virtual Pi's does behind a socket, too. */
  readonly welcome: { readonly isPaced: boolean };
}

/** What the line of a session carries, as `lineBytes`; undefined: it keeps its own pace. */
export const carriedBytes = (line: Line): number | undefined =>
  line.welcome.isPaced ? lineBytes(line.transport.baud) : undefined;

/** The same for people. */
export const rateText = (line: Line): string =>
  line.welcome.isPaced ? `${grouped(line.transport.baud)} baud` : 'as fast as it goes';

/** Of QOA's frames: 5,120 samples take 8 bytes, and for each channel 16 and 2,048. */
const QOA_SAMPLES = 5120;
const QOA_HEADER = 8;
const QOA_CHANNEL = 16 + 2048;

const pcmBytes = (rateHz: number, channels: number): number => 2 * rateHz * channels;
const qoaBytesPerSecond = (rateHz: number, channels: number): number =>
  (rateHz / QOA_SAMPLES) * (QOA_HEADER + channels * QOA_CHANNEL);

/** A line that is not so much faster than the sound needs more before it may sound. */
const EASY = 1.3;
const START_MS = 150;
const CAREFUL_MS = 300;
/** Of what the device can keep: the rest is on its way. */
const RING_SHARE = 0.7;

/** Bytes a second of a line without a pace: QEMU 10.0.2 brings 47,000 to 107,000 to a player, on a machine of two cores. */
const UNPACED_BYTES = 60_000;

export interface LineChoice {
  format: AudioFormat;
  /** What has to wait on the device before it sounds. */
  startMs: number;
  /** Bytes a second of the sound. */
  soundBytes: number;
  /** Bytes a second of the line; undefined: it keeps its own pace. */
  lineBytes: number | undefined;
  /** Where even QOA is too much: how long it fills, and whether it has to stop for that again and again. */
  slow: { fillSeconds: number; repeats: boolean } | undefined;
}

/**
 * Chooses for a sound of `seconds`, undefined where that is not known. `line` is in bytes a second, undefined for one
 * that keeps its own pace; `buffer` is what the device can keep, in bytes. `isPacked`: samples as they are were too much.
 */
export function chooseFormat(
  rateHz: number,
  channels: number,
  line: number | undefined,
  seconds: number | undefined,
  buffer: number,
  isPacked = false,
): LineChoice {
  const pcm = pcmBytes(rateHz, channels);
  const qoa = qoaBytesPerSecond(rateHz, channels);
  const choice = (format: AudioFormat, soundBytes: number): LineChoice => ({
    format,
    startMs: line === undefined || line >= EASY * soundBytes ? START_MS : CAREFUL_MS,
    soundBytes,
    lineBytes: line,
    slow: undefined,
  });
  if (!isPacked && (line ?? UNPACED_BYTES) >= pcm) return choice(AudioFormat.Pcm16, pcm);
  if (line === undefined || line >= qoa) return choice(AudioFormat.Qoa, qoa);
  // While a second of sound is played, `qoa - line` bytes of what had been saved up are used.
  const most = RING_SHARE * buffer;
  const wanted = seconds === undefined ? Infinity : (qoa - line) * seconds;
  const filled = Math.min(wanted, most);
  return {
    ...choice(AudioFormat.Qoa, qoa),
    startMs: Math.max(CAREFUL_MS, Math.round((filled / qoa) * 1000)),
    slow: { fillSeconds: filled / line, repeats: wanted > most },
  };
}

const LOWER_RATES = [32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000];

/** What a line carries as QOA without a pause, as options: `--mono`, `--mono --rate 16000`; undefined: nothing. */
export function whatFits(rateHz: number, channels: number, line: number): string | undefined {
  if (channels === 2 && qoaBytesPerSecond(rateHz, 1) <= line) return '--mono';
  for (const most of [2, 1].filter((count) => count <= channels)) {
    const rate = LOWER_RATES.find((lower) => lower < rateHz && qoaBytesPerSecond(lower, most) <= line);
    if (rate !== undefined) return `${most < channels ? '--mono ' : ''}--rate ${rate}`;
  }
  return undefined;
}
