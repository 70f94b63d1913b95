// The decoder libraries' common shape, and a way to call them that prints nothing.

/** What every decoder library answers. */
export interface Decoded {
  channelData: Float32Array[];
  samplesDecoded: number;
  sampleRate: number;
  errors: { message: string; inputBytes: number }[];
}

export interface Decoder {
  ready: Promise<void>;
  decodeFile(bytes: Uint8Array): Promise<Decoded>;
  free(): void;
}

/* eslint no-console: off -- what the libraries print is caught here */
const CHATTY = /decoder|libopus/;

/** Decodes a whole file and frees the decoder. The libraries report errors on the console as well: not here. */
export async function quietly(decoder: Decoder, bytes: Buffer): Promise<Decoded> {
  await decoder.ready;
  const say = console.error;
  console.error = (...words: unknown[]): void => {
    if (!CHATTY.test(String(words[0]))) say(...words);
  };
  try {
    return await decoder.decodeFile(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  } finally {
    console.error = say;
    decoder.free();
  }
}
