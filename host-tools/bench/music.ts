// Something like music, the same each time: what the bench decodes. Chords that fade, with a little noise.

const CHORDS = [
  [220, 277.2, 329.6],
  [196, 246.9, 293.7],
  [174.6, 220, 261.6],
  [164.8, 207.7, 246.9],
];
const CHORD_SECONDS = 0.5;

/** Interleaved stereo, 16 bits. */
export function music(seconds: number, rateHz = 44_100): Int16Array {
  const samples = new Int16Array(Math.round(seconds * rateHz) * 2);
  let noise = 1;
  for (let i = 0; i < samples.length; i += 2) {
    const time = i / 2 / rateHz;
    const chord = CHORDS[Math.floor(time / CHORD_SECONDS) % CHORDS.length] ?? [];
    const loud = 9000 * Math.exp(-3 * (time % CHORD_SECONDS));
    let left = 0;
    let right = 0;
    for (const [voice, hz] of chord.entries()) {
      const wave = Math.sin(2 * Math.PI * hz * time) + 0.3 * Math.sin(4 * Math.PI * hz * time);
      left += wave * (voice === 0 ? 1 : 0.5);
      right += wave * (voice === 2 ? 1 : 0.5);
    }
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
    const hiss = (noise / 2 ** 32 - 0.5) * 400;
    samples[i] = left * loud + hiss;
    samples[i + 1] = right * loud - hiss;
  }
  return samples;
}
