// Upper and lower case of UTF-16 units that are letters of alphabets in use: what a name may be looked up by. Simple
// folding only (one unit for one), the same in every language.

/** Ranges of u16: first, last capital, and what to add; 1 stands for alphabets with capital and small letter in turn. */
const ALTERNATING: u16 = 1;
// prettier-ignore
const ranges = memory.data<u16>([
  0x0041, 0x005a, 32, // Latin
  0x00c0, 0x00d6, 32,
  0x00d8, 0x00de, 32,
  0x0100, 0x012f, ALTERNATING, // Latin Extended-A; some count capitals from an odd number
  0x0132, 0x0137, ALTERNATING,
  0x0139, 0x0148, ALTERNATING,
  0x014a, 0x0177, ALTERNATING,
  0x0179, 0x017e, ALTERNATING,
  0x01cd, 0x01dc, ALTERNATING,
  0x01de, 0x01ef, ALTERNATING,
  0x01f8, 0x021f, ALTERNATING,
  0x0222, 0x0233, ALTERNATING,
  0x0388, 0x038a, 37, // Greek
  0x038e, 0x038f, 63,
  0x0391, 0x03a1, 32,
  0x03a3, 0x03ab, 32,
  0x0400, 0x040f, 80, // Cyrillic
  0x0410, 0x042f, 32,
  0x0460, 0x0481, ALTERNATING,
  0x048a, 0x04bf, ALTERNATING,
  0x04c1, 0x04ce, ALTERNATING,
  0x04d0, 0x052f, ALTERNATING,
  0x0531, 0x0556, 48, // Armenian
  0x1e00, 0x1e95, ALTERNATING, // Latin Extended Additional
  0x1ea0, 0x1eff, ALTERNATING,
  0xff21, 0xff3a, 32, // full width
]);
const RANGES_BYTES: usize = 26 * 6;

/** The small letter for a capital, everything else as it is. */
export function fold(unit: i32): i32 {
  if (unit < 0x80) return unit >= 0x41 && unit <= 0x5a ? unit + 32 : unit;
  for (let at = ranges; at !== ranges + RANGES_BYTES; at += 6) {
    const first = <i32>load<u16>(at);
    if (unit < first) break;
    if (unit > <i32>load<u16>(at, 2)) continue;
    const by = <i32>load<u16>(at, 4);
    return by !== ALTERNATING ? unit + by : unit + (((unit ^ first) & 1) ^ 1);
  }
  if (unit === 0x0178) return 0xff; // the three that stand alone, and the sigma at a word's end
  if (unit === 0x0386) return 0x3ac;
  if (unit === 0x038c) return 0x3cc;
  return unit === 0x03c2 ? 0x3c3 : unit;
}
