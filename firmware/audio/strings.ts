// Plucked strings (Karplus and Strong, 1983; tuning by Jaffe and Smith, 1983): a delay line as long as the period is
// filled with noise and read round and round through a two-point average, so the noise becomes a tone whose upper
// partials die first. Integers only, so every target makes the same frames.
//
// The loop's delay is `length` samples, less half a sample, as the average takes the older one and the one after it,
// and with the fraction that an all-pass filter adds:
//   out[n] = C * (in[n] - out[n-1]) + in[n-1],   C = (1 - fraction) / (1 + fraction)

const STRINGS: i32 = 8;
/** Longest period: 44 Hz at 44.1 kHz. */
const LINE_SAMPLES: i32 = 1024;
const LINE_BYTES: i32 = LINE_SAMPLES * 4;
const lines = memory.data(STRINGS * LINE_BYTES);

/** One string: u32 length and position in bytes, Q15 coefficients, the filters' memory. */
const LENGTH: usize = 0;
const POSITION: usize = 4;
const TUNING: usize = 8;
const LOSS: usize = 12;
const INPUT: usize = 16;
const OUTPUT: usize = 20;
const LEFT: usize = 24;
const RIGHT: usize = 28;
const STATE_BYTES: i32 = 32;
const states = memory.data(STRINGS * STATE_BYTES);

/** A string's amplitude is below 2^22; the mix has so many more bits, so that eight at their loudest do not wrap. */
const MIX_SHIFT: i64 = 6;
/** A note rings for about so many seconds (to -60 dB), less in its upper partials. */
const RING_SECONDS: f64 = 4.0;
const A4_HZ: f64 = 440.0;
const A4: i32 = 69;
const SEMITONE: f64 = 1.0594630943592953;

let rate: f64 = 44100;
let next: i32 = 0; // the string to pluck next: the one that has rung longest
let noise: u32 = 1;

/** Silences all strings and starts the noise anew, so that the same notes make the same frames again. */
export function resetStrings(rateHz: i32): void {
  rate = <f64>rateHz;
  next = 0;
  noise = 1;
  memory.fill(states, 0, STRINGS * STATE_BYTES);
}

/** Plucks a note (MIDI number, 33 to 96). `pan` goes from 0, left, to 256, right; `level` is 256 for full strength. */
export function pluck(note: i32, level: i32, pan: i32): void {
  let hz = A4_HZ;
  for (let i = A4; i < note; i++) hz *= SEMITONE;
  for (let i = A4; i > note; i--) hz /= SEMITONE;
  const period = rate / hz + 0.5;
  let length = <i32>period;
  let fraction = period - <f64>length;
  // An all-pass of a tenth of a sample rings; of a little more than one it does not.
  if (fraction < 0.1) {
    length--;
    fraction += 1.0;
  }
  if (length < 4 || length > LINE_SAMPLES) return;

  const state = states + next * STATE_BYTES;
  const line = lines + next * LINE_BYTES;
  next = (next + 1) % STRINGS;
  store<i32>(state + LENGTH, length * 4);
  store<i32>(state + POSITION, 0);
  store<i32>(state + TUNING, <i32>(((1.0 - fraction) / (1.0 + fraction)) * 32768.0));
  store<i32>(state + LOSS, <i32>((1.0 - 6.9 / (RING_SECONDS * hz)) * 32768.0));
  store<i64>(state + INPUT, 0); // and OUTPUT
  store<i32>(state + LEFT, (256 - pan) * level);
  store<i32>(state + RIGHT, pan * level);

  // Smoothed noise, as a finger is softer than a plectrum, and without a mean, which would ring at 0 Hz.
  let smooth = 0;
  let sum: i64 = 0;
  for (let at = 0; at < length * 4; at += 4) {
    noise = noise * 1664525 + 1013904223;
    smooth += (((<i32>noise) >> 9) - smooth) >> 1;
    store<i32>(line + at, smooth);
    sum += smooth;
  }
  const mean = <i32>(sum / length);
  for (let at = 0; at < length * 4; at += 4) store<i32>(line + at, load<i32>(line + at) - mean);
}

/** Writes `frames` stereo frames of all strings to `ptr`. About 250 instructions a frame for each ringing string. */
export function renderStrings(ptr: usize, frames: i32): void {
  const end = ptr + frames * 8;
  memory.fill(ptr, 0, frames * 8);
  for (let string = 0; string < STRINGS; string++) {
    const state = states + string * STATE_BYTES;
    const length = load<u32>(state + LENGTH);
    if (!length) continue;
    const first: usize = lines + string * LINE_BYTES;
    const last = first + length;
    const tuning = <i64>load<i32>(state + TUNING);
    const loss = <i64>load<i32>(state + LOSS);
    const left = <i64>load<i32>(state + LEFT);
    const right = <i64>load<i32>(state + RIGHT);
    let at = first + load<u32>(state + POSITION);
    let input = <i64>load<i32>(state + INPUT);
    let output = <i64>load<i32>(state + OUTPUT);
    let sample = <i64>load<i32>(at);
    for (let to = ptr; to < end; to += 8) {
      const here = at;
      at += 4;
      if (at === last) at = first;
      const following = <i64>load<i32>(at);
      const lossy = ((sample + following) * loss) >> 16;
      output = ((tuning * (lossy - output)) >> 15) + input;
      input = lossy;
      store<i32>(here, <i32>output);
      store<i32>(to, load<i32>(to) + <i32>((sample * left) >> (16 - MIX_SHIFT)));
      store<i32>(to, load<i32>(to, 4) + <i32>((sample * right) >> (16 - MIX_SHIFT)), 4);
      sample = following;
    }
    store<u32>(state + POSITION, <u32>(at - first));
    store<i32>(state + INPUT, <i32>input);
    store<i32>(state + OUTPUT, <i32>output);
  }
}
