// WAV files made by hand, chunk by chunk, for what no tool would write.

export interface Format {
  tag: number;
  channels: number;
  rateHz: number;
  bits: number;
  blockBytes: number;
  /** Bytes behind the 16 that every fmt chunk has, the u16 length of the extension included. */
  extra: Uint8Array;
}

export function chunk(id: string, body: Uint8Array, size = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(size >>> 0, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length & 1)]);
}

export function fmt(format: Partial<Format> = {}): Buffer {
  const { tag = 1, channels = 2, rateHz = 44100, bits = 16, extra = Buffer.alloc(0) } = format;
  const blockBytes = format.blockBytes ?? (channels * bits) >> 3;
  const body = Buffer.alloc(16);
  body.writeUInt16LE(tag, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rateHz >>> 0, 4);
  body.writeUInt32LE((rateHz * blockBytes) >>> 0, 8);
  body.writeUInt16LE(blockBytes & 0xffff, 12);
  body.writeUInt16LE(bits, 14);
  return chunk('fmt ', Buffer.concat([body, extra]));
}

/** The extension of WAVE_FORMAT_EXTENSIBLE for a format tag. */
export function extensible(tag: number, validBits: number, tail = '000000001000800000aa00389b71'): Buffer {
  const body = Buffer.alloc(10);
  body.writeUInt16LE(22, 0);
  body.writeUInt16LE(validBits, 2);
  body.writeUInt32LE(3, 4);
  body.writeUInt16LE(tag, 8);
  return Buffer.concat([body, Buffer.from(tail, 'hex')]);
}

export function riff(chunks: Uint8Array[], size?: number, id = 'RIFF', form = 'WAVE'): Buffer {
  const body = Buffer.concat(chunks);
  const head = Buffer.alloc(12);
  head.write(id, 'latin1');
  head.writeUInt32LE((size ?? body.length + 4) >>> 0, 4);
  head.write(form, 8, 'latin1');
  return Buffer.concat([head, body]);
}
