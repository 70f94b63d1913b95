// The decoder libraries' common shape, and a way to call them that prints nothing and holds nobody up.

import { breathe } from './pace.js';

/** What every decoder library answers. */
export interface Decoded {
  channelData: Float32Array[];
  samplesDecoded: number;
  sampleRate: number;
  /** With the frames that came before, since the beginning of the file. */
  errors: { message: string; inputBytes: number; outputSamples: number }[];
}

export interface Decoder<Slice> {
  ready: Promise<void>;
  decode(slice: Slice): Decoded | Promise<Decoded>;
  /** What is left after the last slice. */
  flush?(): Promise<Decoded>;
  free(): void;
}

/** Of a compressed file; some 100 ms of work. */
const SLICE_BYTES = 1 << 18;

/** A file in slices. */
export function* slicesOf(bytes: Buffer): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES)
    yield new Uint8Array(bytes.buffer, bytes.byteOffset + at, Math.min(SLICE_BYTES, bytes.length - at));
}

/**
 * Decodes slice by slice and frees the decoder; `take` gets what came of each. Returns what the slices' generator
 * returns. Throws the signal's reason.
 */
export async function decodeSlices<Slice, End>(
  decoder: Decoder<Slice>,
  slices: Generator<Slice, End>,
  take: (decoded: Decoded) => void,
  signal: AbortSignal | undefined,
): Promise<End> {
  await decoder.ready;
  const unhush = hush();
  try {
    for (;;) {
      const { done, value } = slices.next();
      if (done) {
        if (decoder.flush) take(await decoder.flush());
        return value;
      }
      take(await decoder.decode(value));
      await breathe(signal);
    }
  } finally {
    unhush();
    decoder.free();
  }
}

/* eslint no-console: off -- what the libraries print is caught here */
const CHATTY = /decoder|libopus/;

/** Decodings under way; several may be, and the first to end must not open the mouth of the others. */
let busy = 0;
let say = console.error;

/** The libraries report errors on the console as well: not until the function that it returns is called. */
function hush(): () => void {
  if (busy++ === 0) {
    say = console.error;
    console.error = (...words: unknown[]): void => {
      if (!CHATTY.test(String(words[0]))) say(...words);
    };
  }
  return () => {
    if (--busy === 0) console.error = say;
  };
}
