// The order in which people expect names: 2 before 10, a folder's own files beside each other, letters whatever their
// case. Names are UTF-8; letters beyond ASCII follow by their code points.

/** A byte as it is compared: the folder's end before everything, small letters as capitals. */
@inline
function rank(byte: i32): i32 {
  if (byte === 0x2f) return 0;
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}


@inline
function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

/** Where the digits end that begin at `at`. */
function digitsEnd(at: usize, end: usize): usize {
  while (at < end && isDigit(load<u8>(at))) at++;
  return at;
}

/** Where the zeros end that begin at `at`; the last digit is none of them. */
function zerosEnd(at: usize, end: usize): usize {
  while (at + 1 < end && load<u8>(at) === 0x30) at++;
  return at;
}

/** Below 0 when the path at `a` comes first, above 0 when the one at `b` does, 0 only for the same bytes. */
export function compareNaturally(a: usize, aBytes: i32, b: usize, bBytes: i32): i32 {
  const aEnd = a + aBytes;
  const bEnd = b + bBytes;
  let i = a;
  let j = b;
  while (i < aEnd && j < bEnd) {
    const first = <i32>load<u8>(i);
    const second = <i32>load<u8>(j);
    if (!isDigit(first) || !isDigit(second)) {
      const difference = rank(first) - rank(second);
      if (difference) return difference;
      i++;
      j++;
      continue;
    }
    const iEnd = digitsEnd(i, aEnd);
    const jEnd = digitsEnd(j, bEnd);
    i = zerosEnd(i, iEnd);
    j = zerosEnd(j, jEnd);
    // Of two numbers without leading zeros the longer one is larger.
    if (iEnd - i !== jEnd - j) return <i32>(iEnd - i) - <i32>(jEnd - j);
    for (; i < iEnd; i++, j++) {
      const difference = <i32>load<u8>(i) - <i32>load<u8>(j);
      if (difference) return difference;
    }
  }
  if (i < aEnd) return 1;
  if (j < bEnd) return -1;
  // Equal but for case and zeros: by their bytes, so that the order is always the same.
  const difference = memory.compare(a, b, min(aBytes, bBytes));
  return difference ? difference : aBytes - bBytes;
}
