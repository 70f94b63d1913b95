// MP3, Ogg Vorbis and Opus: decoded to floats by their libraries, rounded to 16 bits. Their own precision is below
// that, and 16-bit tracks take half the room and time on the device.

import { Problem } from '../problem.js';
import { afterId3, mp3Frame, mp3Start, oggChannels } from './detect.js';
import { quietly, type Decoded, type Decoder } from './library.js';
import { toPcm16, type Pcm } from './pcm.js';

function whole(decoded: Decoded, channels: number, what: string, bytes: Buffer, file: string): Pcm {
  if (channels !== 1 && channels !== 2)
    throw new Problem('unsupported-media', `has ${channels} channels; mono and stereo are played`, { file });
  if (decoded.samplesDecoded === 0)
    throw new Problem('bad-media', `has no sound that its ${what} decoder understands`, {
      file,
      offset: decoded.errors[0]?.inputBytes ?? bytes.length,
    });
  const pcm = toPcm16(decoded.channelData, decoded.sampleRate, channels);
  const count = decoded.errors.length;
  if (count > 0) pcm.remark = `is damaged in ${count} place${count === 1 ? '' : 's'}, which are left out`;
  return pcm;
}

/** Encoder delay and padding are cut off where the file tells them (LAME and Xing tags). Throws Problem. */
export async function decodeMp3(bytes: Buffer, file: string): Promise<Pcm> {
  const start = mp3Start(bytes, afterId3(bytes)) ?? 0;
  const { MPEGDecoder } = await import('mpg123-decoder');
  const library = new MPEGDecoder();
  const decoder: Decoder = {
    ready: library.ready,
    decodeFile: (data) => Promise.resolve(library.decode(data)),
    free: () => library.free(),
  };
  // The library makes stereo of mono: both channels are then the same.
  const channels = mp3Frame(bytes, start)?.channels ?? 2;
  return whole(await quietly(decoder, bytes.subarray(start)), channels, 'MP3', bytes, file);
}

/** Throws Problem. */
export async function decodeVorbis(bytes: Buffer, file: string): Promise<Pcm> {
  const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis');
  return whole(await quietly(new OggVorbisDecoder(), bytes), oggChannels(bytes), 'Vorbis', bytes, file);
}

/** Always 48 kHz. Throws Problem. */
export async function decodeOpus(bytes: Buffer, file: string): Promise<Pcm> {
  const { OggOpusDecoder } = await import('ogg-opus-decoder');
  return whole(await quietly(new OggOpusDecoder(), bytes), oggChannels(bytes), 'Opus', bytes, file);
}
