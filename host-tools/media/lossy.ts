// MP3, Ogg Vorbis and Opus: decoded to floats by their libraries, rounded to 16 bits. Their own precision is below
// that, and 16-bit tracks take half the room and time on the device.

import { Problem } from '../problem.js';
import { afterId3, mp3Frame, mp3Start, oggChannels, vorbisRate } from './detect.js';
import { decodeSlices, slicesOf, type Decoder } from './library.js';
import { channelsText, checkRate, Samples, toPcm16, type Pcm } from './pcm.js';
import { checkFrames, type Bounds } from './room.js';

interface Source {
  /** The whole file, for offsets. */
  bytes: Buffer;
  /** Where the decoder begins. */
  start: number;
  channels: number;
  what: string;
  file: string;
}

async function whole(make: () => Decoder<Uint8Array>, source: Source, bounds: Bounds): Promise<Pcm> {
  const { bytes, start, channels, what, file } = source;
  if (channels !== 1 && channels !== 2) throw new Problem('unsupported-media', channelsText(channels), { file });
  const samples = new Samples(16, bounds.take);
  let rateHz = 0;
  let damaged = 0;
  let firstDamage: number | undefined;
  await decodeSlices(
    make(),
    slicesOf(bytes.subarray(start)),
    (decoded) => {
      damaged += decoded.errors.length;
      firstDamage ??= decoded.errors[0]?.inputBytes;
      if (decoded.samplesDecoded === 0) return;
      rateHz = decoded.sampleRate;
      samples.add(toPcm16(decoded.channelData, rateHz, channels));
      checkFrames(samples.count / channels, channels, 16, bounds.room, file);
    },
    bounds.signal,
  );
  if (samples.count === 0)
    throw new Problem('bad-media', `has no sound that its ${what} decoder understands`, {
      file,
      offset: firstDamage || undefined,
    });
  checkRate(rateHz, file, start);
  const pcm: Pcm = { rateHz, channels, bits: 16, samples: samples.join() };
  if (damaged > 0) pcm.remark = `is damaged in ${damaged} place${damaged === 1 ? '' : 's'}, which are left out`;
  return pcm;
}

/** Encoder delay and padding are cut off where the file tells them (LAME and Xing tags). Throws Problem. */
export async function decodeMp3(bytes: Buffer, file: string, bounds: Bounds = {}): Promise<Pcm> {
  const start = mp3Start(bytes, afterId3(bytes)) ?? 0;
  const { MPEGDecoder } = await import('mpg123-decoder');
  // The library makes stereo of mono: both channels are then the same.
  const channels = mp3Frame(bytes, start)?.channels ?? 2;
  return whole(() => new MPEGDecoder(), { bytes, start, channels, what: 'MP3', file }, bounds);
}

/** Throws Problem. */
export async function decodeVorbis(bytes: Buffer, file: string, bounds: Bounds = {}): Promise<Pcm> {
  const rate = vorbisRate(bytes);
  checkRate(rate.rateHz, file, rate.offset);
  const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis');
  const source = { bytes, start: 0, channels: oggChannels(bytes), what: 'Vorbis', file };
  return whole(() => new OggVorbisDecoder(), source, bounds);
}

/** Always 48 kHz. Throws Problem. */
export async function decodeOpus(bytes: Buffer, file: string, bounds: Bounds = {}): Promise<Pcm> {
  const { OggOpusDecoder } = await import('ogg-opus-decoder');
  const source = { bytes, start: 0, channels: oggChannels(bytes), what: 'Opus', file };
  return whole(() => new OggOpusDecoder(), source, bounds);
}
