// Consistent overhead byte stuffing: bytes without a zero, so that zeros can stand between frames. Cheshire and Baker,
// IEEE/ACM Transactions on Networking 7(2), 1999. Runs are found eight bytes at a time and copied as blocks: this is
// what each byte of the line costs.

/** The longest run behind one code byte. */
const RUN: i32 = 254;

/** Bytes that `bytes` bytes become at most. */
export function cobsBytes(bytes: i32): i32 {
  return bytes + bytes / RUN + 1;
}

/** The address of the first zero byte from `from` on; `end` where there is none before it. */
export function findZero(from: usize, end: usize): usize {
  while (from + 8 <= end) {
    const word = load<u64>(from);
    // Above the lowest zero byte a borrow may set bits for others, so only the lowest bit says something.
    const zeros = (word - 0x0101010101010101) & ~word & 0x8080808080808080;
    if (zeros) return from + <usize>(ctz(zeros) >> 3);
    from += 8;
  }
  while (from < end && load<u8>(from)) from++;
  return from;
}

/** Stuffs `bytes` bytes to `to`, which has room for `cobsBytes` of them; returns how many it wrote. */
export function cobsEncode(from: usize, bytes: i32, to: usize): i32 {
  const end = from + bytes;
  let at = from;
  let out = to;
  while (true) {
    const limit = min(at + RUN, end);
    const zero = findZero(at, limit);
    const run = <i32>(zero - at);
    store<u8>(out, run + 1);
    memory.copy(out + 1, at, run);
    out += run + 1;
    at = zero;
    if (at === end) return <i32>(out - to);
    if (run < RUN) at++; // the zero that the code byte stands for
  }
}

/** Undoes it; `from` holds no zeros. How many bytes it wrote to `to`, -1 for what is no COBS or more than `most`. */
export function cobsDecode(from: usize, bytes: i32, to: usize, most: i32): i32 {
  const end = from + bytes;
  const limit = to + most;
  let at = from;
  let out = to;
  while (at < end) {
    const code = <i32>load<u8>(at++);
    const run = code - 1;
    if (at + run > end || out + run > limit) return -1;
    memory.copy(out, at, run);
    at += run;
    out += run;
    if (code <= RUN && at < end) {
      if (out === limit) return -1;
      store<u8>(out++, 0);
    }
  }
  return <i32>(out - to);
}
