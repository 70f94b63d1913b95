// What is used of node:crypto, for the browser: MD5 (RFC 1321), which FLAC files carry, and the number of a session.

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
const BLOCK = 64;

class Md5 {
  private readonly state = Int32Array.of(0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476);
  private readonly block = new Uint8Array(BLOCK);
  private readonly words = new Int32Array(16);
  private bytes = 0;

  update(data: Uint8Array): this {
    let at = 0;
    while (at < data.length) {
      const filled = this.bytes % BLOCK;
      const piece = data.subarray(at, at + BLOCK - filled);
      this.block.set(piece, filled);
      this.bytes += piece.length;
      at += piece.length;
      if (this.bytes % BLOCK === 0) this.mix();
    }
    return this;
  }

  digest(_encoding: 'hex'): string {
    const { bytes } = this;
    const padding = new Uint8Array(8 + BLOCK - ((bytes + 8) % BLOCK));
    padding[0] = 0x80;
    new DataView(padding.buffer).setBigUint64(padding.length - 8, BigInt(bytes) * 8n, true);
    this.update(padding);
    const digest = new DataView(new ArrayBuffer(16));
    this.state.forEach((word, i) => digest.setInt32(i * 4, word, true));
    return [...new Uint8Array(digest.buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  private mix(): void {
    const { block, words, state } = this;
    for (let i = 0; i < 16; i++) {
      const at = i * 4;
      words[i] =
        (block[at] as number) |
        ((block[at + 1] as number) << 8) |
        ((block[at + 2] as number) << 16) |
        ((block[at + 3] as number) << 24);
    }
    let [a, b, c, d] = state as unknown as [number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      let mixed: number;
      let index: number;
      if (round === 0) [mixed, index] = [(b & c) | (~b & d), i];
      else if (round === 1) [mixed, index] = [(d & b) | (~d & c), (5 * i + 1) & 15];
      else if (round === 2) [mixed, index] = [b ^ c ^ d, (3 * i + 5) & 15];
      else [mixed, index] = [c ^ (b | ~d), (7 * i) & 15];
      const sum = (a + mixed + (SINES[i] as number) + (words[index] as number)) | 0;
      const shift = SHIFTS[round * 4 + (i & 3)] as number;
      [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
    }
    state[0] = (state[0] as number) + a;
    state[1] = (state[1] as number) + b;
    state[2] = (state[2] as number) + c;
    state[3] = (state[3] as number) + d;
  }
}

/** From `least` up to, but not including `end`. */
export const randomInt = (least: number, end: number): number =>
  least + ((crypto.getRandomValues(new Uint32Array(1))[0] as number) % (end - least));

export const createHash = (_algorithm: 'md5'): Md5 => new Md5();

export default { createHash, randomInt };
