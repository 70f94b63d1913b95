// Consistent overhead byte stuffing, the host's side of firmware/link/cobs.ts.

const RUN = 254;

/** Bytes that `bytes` bytes become at most. */
export const cobsBytes = (bytes: number): number => bytes + Math.floor(bytes / RUN) + 1;

/** Stuffs: the result holds no zero. */
export function cobsEncode(plain: Uint8Array): Uint8Array {
  const out = new Uint8Array(cobsBytes(plain.length));
  let at = 0;
  let to = 0;
  for (;;) {
    const limit = Math.min(at + RUN, plain.length);
    let zero = plain.indexOf(0, at);
    if (zero < 0 || zero > limit) zero = limit;
    const run = zero - at;
    out[to++] = run + 1;
    out.set(plain.subarray(at, zero), to);
    to += run;
    at = zero;
    if (at === plain.length) return out.subarray(0, to);
    if (run < RUN) at++; // the zero that the code byte stands for
  }
}

/** Undoes it; undefined for what is no COBS or more than `most` bytes. */
export function cobsDecode(stuffed: Uint8Array, most: number): Uint8Array | undefined {
  const out = new Uint8Array(Math.min(most, stuffed.length));
  let at = 0;
  let to = 0;
  while (at < stuffed.length) {
    const code = stuffed[at++] ?? 0;
    const run = code - 1;
    if (run < 0 || at + run > stuffed.length || to + run > out.length) return undefined;
    out.set(stuffed.subarray(at, at + run), to);
    at += run;
    to += run;
    if (code <= RUN && at < stuffed.length) {
      if (to === out.length) return undefined;
      to++;
    }
  }
  return out.subarray(0, to);
}
