// The inside of IMA ADPCM: four-bit codes to samples. A code names a difference in quarters of the current step, and
// how the step changes (IMA, Recommended Practices for Enhancing Digital Audio Compatibility, revision 3.00).
// Both are looked up at once: a row of the table for each of the 89 steps, 16 pairs of difference and next row.

/** Steps of the predictor; a block's header holds an index of them. */
export const STEPS: i32 = 89;
/** Bytes of one channel's state in memory: the sample, i32, then the address of the step's row, u32. */
export const IMA_STATE_BYTES: i32 = 8;
/** Samples that four bytes of one channel hold. */
export const GROUP_SAMPLES: i32 = 8;
export const GROUP_BYTES: i32 = 4;

const ROW_BYTES: usize = 128;
const table = memory.data(89 * 128);

// prettier-ignore
const steps = memory.data<u16>([
  7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107,
  118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963,
  1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894,
  6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794,
  32767,
]);

/** Address of the row of step `index`, 0 to 88. */
export function imaRow(index: i32): usize {
  return table + <usize>index * ROW_BYTES;
}

/** Fills the table. Each part of a difference is rounded down by itself, as the recommendation's decoder does. */
export function prepareIma(): void {
  for (let index = 0; index < STEPS; index++) {
    const step = <i32>load<u16>(steps + (index << 1));
    for (let code = 0; code < 16; code++) {
      let difference = step >> 3;
      if (code & 4) difference += step;
      if (code & 2) difference += step >> 1;
      if (code & 1) difference += step >> 2;
      if (code & 8) difference = -difference;
      const change = code & 4 ? ((code & 3) << 1) + 2 : -1;
      const next = min(max(index + change, 0), STEPS - 1);
      const at = imaRow(index) + (code << 3);
      store<i32>(at, difference);
      store<usize>(at, imaRow(next), 4);
    }
  }
}

/**
 * Decodes `count` groups of four bytes, eight samples each, of one channel. The next group is `step` bytes on; `state`
 * is changed; `out` gets an i32 for each sample in a place as large as `Place`. (Why a sample is
 * stored before it is clipped: qoa-slices.ts.)
 */
@inline
function decode<Place>(from: usize, step: usize, count: i32, state: usize, out: usize): void {
  let sample = load<i32>(state);
  let row = load<usize>(state, 4);
  let at: usize;
  for (; count; count--) {
    const codes = load<u32>(from);
    from += step;
    at = row + ((codes << 3) & 120);
    sample += load<i32>(at);
    store<i32>(out, sample << 16);
    if (<u32>(sample + 32768) > 65535) {
      sample = (sample >> 31) ^ 32767;
      store<i32>(out, sample << 16);
    }
    at = load<usize>(at, 4) + ((codes >> 1) & 120);
    sample += load<i32>(at);
    store<i32>(out, sample << 16, sizeof<Place>());
    if (<u32>(sample + 32768) > 65535) {
      sample = (sample >> 31) ^ 32767;
      store<i32>(out, sample << 16, sizeof<Place>());
    }
    at = load<usize>(at, 4) + ((codes >> 5) & 120);
    sample += load<i32>(at);
    store<i32>(out, sample << 16, sizeof<Place>() * 2);
    if (<u32>(sample + 32768) > 65535) {
      sample = (sample >> 31) ^ 32767;
      store<i32>(out, sample << 16, sizeof<Place>() * 2);
    }
    at = load<usize>(at, 4) + ((codes >> 9) & 120);
    sample += load<i32>(at);
    store<i32>(out, sample << 16, sizeof<Place>() * 3);
    if (<u32>(sample + 32768) > 65535) {
      sample = (sample >> 31) ^ 32767;
      store<i32>(out, sample << 16, sizeof<Place>() * 3);
    }
    at = load<usize>(at, 4) + ((codes >> 13) & 120);
    sample += load<i32>(at);
    store<i32>(out, sample << 16, sizeof<Place>() * 4);
    if (<u32>(sample + 32768) > 65535) {
      sample = (sample >> 31) ^ 32767;
      store<i32>(out, sample << 16, sizeof<Place>() * 4);
    }
    at = load<usize>(at, 4) + ((codes >> 17) & 120);
    sample += load<i32>(at);
    store<i32>(out, sample << 16, sizeof<Place>() * 5);
    if (<u32>(sample + 32768) > 65535) {
      sample = (sample >> 31) ^ 32767;
      store<i32>(out, sample << 16, sizeof<Place>() * 5);
    }
    at = load<usize>(at, 4) + ((codes >> 21) & 120);
    sample += load<i32>(at);
    store<i32>(out, sample << 16, sizeof<Place>() * 6);
    if (<u32>(sample + 32768) > 65535) {
      sample = (sample >> 31) ^ 32767;
      store<i32>(out, sample << 16, sizeof<Place>() * 6);
    }
    at = load<usize>(at, 4) + ((codes >> 25) & 120);
    sample += load<i32>(at);
    store<i32>(out, sample << 16, sizeof<Place>() * 7);
    if (<u32>(sample + 32768) > 65535) {
      sample = (sample >> 31) ^ 32767;
      store<i32>(out, sample << 16, sizeof<Place>() * 7);
    }
    row = load<usize>(at, 4);
    out += sizeof<Place>() * 8;
  }
  store<i32>(state, sample);
  store<usize>(state, row, 4);
}

/** Decodes `count` groups of a mono block to `out`. */
export function decodeImaMono(from: usize, count: i32, state: usize, out: usize): void {
  decode<i32>(from, 4, count, state, out);
}

/** Decodes `count` groups of one channel of a stereo block (its groups alternate) to every second place of `out`. */
export function decodeImaStereo(from: usize, count: i32, state: usize, out: usize): void {
  decode<i64>(from, 8, count, state, out);
}
