// The inside of QOA: slices to frames, the hottest loop of the player (the file format is told in qoa.ts).
// Measured on wasm3, where each operation counts and each kind costs about the same: state in locals, the four taps
// rename themselves in groups of four samples instead of moving, weights change by a multiplication with the tap's
// sign, and a sample is stored before it is known whether it must be clipped: a store in the rare branch keeps the
// compiler from computing it always.

/** Samples of one channel in a slice, and bytes of a slice. */
export const SLICE_SAMPLES: i32 = 20;
export const SLICE_BYTES: i32 = 8;
/** Bytes of one channel's predictor as it stands in memory: four taps, oldest first, then four weights, i32 each. */
export const PREDICTOR_BYTES: i32 = 32;

/** 16 rows of 8 residuals, i32, for each scale factor. */
const residuals = memory.data(16 * 8 * 4);

/**
 * Fills the table of residuals: round((s + 1)^2.75) times 0.75, 2.5, 4.5 and 7, rounded half away from zero, each
 * with its negative behind it (QOA specification 1.0). Every number but 0.75 is a multiple of a half, so quarters do.
 */
export function prepareResiduals(): void {
  for (let s = 0; s < 16; s++) {
    // x^2.75 = x^3 / x^(1/4)
    const x = <f64>(s + 1);
    const factor = <i32>Math.floor((x * x * x) / Math.sqrt(Math.sqrt(x)) + 0.5);
    for (let q = 0; q < 4; q++) {
      const quarters = q === 0 ? 3 : q === 1 ? 10 : q === 2 ? 18 : 28;
      const residual = (factor * quarters + 2) >> 2;
      const at = residuals + ((s << 5) | (q << 3));
      store<i32>(at, residual);
      store<i32>(at, -residual, 4);
    }
  }
}


@inline
function swapped(x: i32): i32 {
  return (rotl(x, 8) & 0x00ff00ff) | (rotr(x, 8) & (<i32>0xff00ff00));
}

/**
 * Decodes `count` slices of one channel. `slice` is the first (the next is `step` bytes on), `predictor` is changed,
 * `out` gets an i32 for each sample in a place as large as `Place` (its size is an offset that costs no operation).
 */
@inline
function decode<Place>(slice: usize, step: usize, count: i32, predictor: usize, out: usize): void {
  let h0 = load<i32>(predictor, 0);
  let h1 = load<i32>(predictor, 4);
  let h2 = load<i32>(predictor, 8);
  let h3 = load<i32>(predictor, 12);
  let w0 = load<i32>(predictor, 16);
  let w1 = load<i32>(predictor, 20);
  let w2 = load<i32>(predictor, 24);
  let w3 = load<i32>(predictor, 28);
  let s0 = (h0 >> 31) | 1;
  let s1 = (h1 >> 31) | 1;
  let s2 = (h2 >> 31) | 1;
  let s3 = (h3 >> 31) | 1;
  let r: i32;
  for (; count; count--) {
    const high = swapped(load<i32>(slice));
    let bits = ((<u64>(<u32>high)) << 36) | ((<u64>(<u32>swapped(load<i32>(slice, 4)))) << 4);
    const row = residuals + (((<u32>high) >> 28) << 5);
    slice += step;
    const end = out + sizeof<Place>() * 20;
    do {
      const four = <i32>(bits >>> 52);
      bits <<= 12;

      r = load<i32>(row + ((four >>> 7) & 28));
      h0 = ((h0 * w0 + h1 * w1 + h2 * w2 + h3 * w3) >> 13) + r;
      r >>= 4;
      w0 += r * s0;
      w1 += r * s1;
      w2 += r * s2;
      w3 += r * s3;
      store<i32>(out, h0 << 16);
      if (<u32>(h0 + 32768) > 65535) {
        h0 = (h0 >> 31) ^ 32767;
        store<i32>(out, h0 << 16);
      }
      s0 = (h0 >> 31) | 1;

      r = load<i32>(row + ((four >>> 4) & 28));
      h1 = ((h1 * w0 + h2 * w1 + h3 * w2 + h0 * w3) >> 13) + r;
      r >>= 4;
      w0 += r * s1;
      w1 += r * s2;
      w2 += r * s3;
      w3 += r * s0;
      store<i32>(out, h1 << 16, sizeof<Place>());
      if (<u32>(h1 + 32768) > 65535) {
        h1 = (h1 >> 31) ^ 32767;
        store<i32>(out, h1 << 16, sizeof<Place>());
      }
      s1 = (h1 >> 31) | 1;

      r = load<i32>(row + ((four >>> 1) & 28));
      h2 = ((h2 * w0 + h3 * w1 + h0 * w2 + h1 * w3) >> 13) + r;
      r >>= 4;
      w0 += r * s2;
      w1 += r * s3;
      w2 += r * s0;
      w3 += r * s1;
      store<i32>(out, h2 << 16, sizeof<Place>() * 2);
      if (<u32>(h2 + 32768) > 65535) {
        h2 = (h2 >> 31) ^ 32767;
        store<i32>(out, h2 << 16, sizeof<Place>() * 2);
      }
      s2 = (h2 >> 31) | 1;

      r = load<i32>(row + ((four << 2) & 28));
      h3 = ((h3 * w0 + h0 * w1 + h1 * w2 + h2 * w3) >> 13) + r;
      r >>= 4;
      w0 += r * s3;
      w1 += r * s0;
      w2 += r * s1;
      w3 += r * s2;
      store<i32>(out, h3 << 16, sizeof<Place>() * 3);
      if (<u32>(h3 + 32768) > 65535) {
        h3 = (h3 >> 31) ^ 32767;
        store<i32>(out, h3 << 16, sizeof<Place>() * 3);
      }
      s3 = (h3 >> 31) | 1;

      out += sizeof<Place>() * 4;
    } while (out !== end);
  }
  store<i32>(predictor, h0, 0);
  store<i32>(predictor, h1, 4);
  store<i32>(predictor, h2, 8);
  store<i32>(predictor, h3, 12);
  store<i32>(predictor, w0, 16);
  store<i32>(predictor, w1, 20);
  store<i32>(predictor, w2, 24);
  store<i32>(predictor, w3, 28);
}

/** Decodes `count` slices of a mono stream to `out`. */
export function decodeMono(slice: usize, count: i32, predictor: usize, out: usize): void {
  decode<i32>(slice, 8, count, predictor, out);
}

/** Decodes `count` slices of one channel of a stereo stream to every second place of `out`. */
export function decodeStereo(slice: usize, count: i32, predictor: usize, out: usize): void {
  decode<i64>(slice, 16, count, predictor, out);
}
