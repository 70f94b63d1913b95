// UTF-8, one code point at a time. What is read may hold any bytes.

/** What stands for bytes that are no UTF-8. */
export const REPLACEMENT = 0xfffd;

/** Bytes that the last code point took which `decodePoint` returned. */
export let pointBytes: i32 = 0;

/**
 * The code point at `ptr`, at most `left` bytes long; U+FFFD where there is none. Sets `pointBytes`: like every
 * browser, it takes the bytes that could have begun a code point as one.
 */
export function decodePoint(ptr: usize, left: i32): i32 {
  const first = <i32>load<u8>(ptr);
  pointBytes = 1;
  if (first < 0x80) return first;
  if (first < 0xc2 || first > 0xf4) return REPLACEMENT;
  const bytes = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF.
  let least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  let most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  let point = first & (0x7f >> bytes);
  while (pointBytes < bytes) {
    if (pointBytes === left) return REPLACEMENT;
    const byte = <i32>load<u8>(ptr + pointBytes);
    if (byte < least || byte > most) return REPLACEMENT;
    point = (point << 6) | (byte & 0x3f);
    least = 0x80;
    most = 0xbf;
    pointBytes++;
  }
  return point;
}

/** Writes a code point to `ptr`, up to 4 bytes; returns how many. */
export function encodePoint(ptr: usize, point: i32): i32 {
  if (point < 0x80) {
    store<u8>(ptr, point);
    return 1;
  }
  const bytes = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (let i = bytes - 1; i > 0; i--) {
    store<u8>(ptr + i, 0x80 | (point & 0x3f));
    point >>= 6;
  }
  store<u8>(ptr, ((0xf00 >> bytes) & 0xff) | point);
  return bytes;
}
