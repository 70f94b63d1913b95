// Samples as WAV files store them, little-endian, to 32-bit frames: narrower ones move up, so that full scale is the
// same for all. Loops over memory, on wasm3 some 25 instructions a sample; the tails are not unrolled.

/** 8 bits, unsigned with silence at 128. */
export function fromU8(from: usize, samples: i32, to: usize): void {
  for (const end = from + samples; from !== end; from++) {
    store<i32>(to, ((<i32>load<u8>(from)) << 24) ^ (<i32>0x80000000));
    to += 4;
  }
}

/** 16 bits, signed. */
export function from16(from: usize, samples: i32, to: usize): void {
  for (const end = from + ((samples & ~7) << 1); from !== end; from += 16) {
    store<i32>(to, (<i32>load<u16>(from)) << 16);
    store<i32>(to, (<i32>load<u16>(from, 2)) << 16, 4);
    store<i32>(to, (<i32>load<u16>(from, 4)) << 16, 8);
    store<i32>(to, (<i32>load<u16>(from, 6)) << 16, 12);
    store<i32>(to, (<i32>load<u16>(from, 8)) << 16, 16);
    store<i32>(to, (<i32>load<u16>(from, 10)) << 16, 20);
    store<i32>(to, (<i32>load<u16>(from, 12)) << 16, 24);
    store<i32>(to, (<i32>load<u16>(from, 14)) << 16, 28);
    to += 32;
  }
  for (const end = from + ((samples & 7) << 1); from !== end; from += 2) {
    store<i32>(to, (<i32>load<u16>(from)) << 16);
    to += 4;
  }
}

/** Reads the byte before `from` too (and drops it): a 24-bit sample is the top of the word that ends with it. */
export function from24(from: usize, samples: i32, to: usize): void {
  from--;
  for (const end = from + (samples & ~3) * 3; from !== end; from += 12) {
    store<i32>(to, load<i32>(from) & ~255);
    store<i32>(to, load<i32>(from, 3) & ~255, 4);
    store<i32>(to, load<i32>(from, 6) & ~255, 8);
    store<i32>(to, load<i32>(from, 9) & ~255, 12);
    to += 16;
  }
  for (const end = from + (samples & 3) * 3; from !== end; from += 3) {
    store<i32>(to, load<i32>(from) & ~255);
    to += 4;
  }
}

/** round(x * 2^31), halves away from zero as C's round() has it, clamped; what is not a number is silence. */
@inline
function fixed(x: f64): i32 {
  const scaled = x * 2147483648.0;
  return <i32>(scaled + copysign<f64>(0.5, scaled));
}

/** 32-bit floats: full scale is 1. */
export function fromFloat32(from: usize, samples: i32, to: usize): void {
  for (const end = from + (samples << 2); from !== end; from += 4) {
    store<i32>(to, fixed(<f64>load<f32>(from)));
    to += 4;
  }
}

/** 64-bit floats: full scale is 1. */
export function fromFloat64(from: usize, samples: i32, to: usize): void {
  for (const end = from + (samples << 3); from !== end; from += 8) {
    store<i32>(to, fixed(load<f64>(from)));
    to += 4;
  }
}
