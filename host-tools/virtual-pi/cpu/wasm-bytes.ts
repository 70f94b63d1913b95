// Bytes of a WebAssembly module that is being made.

export class WasmBytes {
  private buffer = new Uint8Array(1024);
  length = 0;

  /** What was written; valid until more is. */
  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  append(bytes: ArrayLike<number>): this {
    this.room(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  byte(value: number): this {
    this.room(1);
    this.buffer[this.length++] = value;
    return this;
  }

  private room(bytes: number): void {
    const end = this.length + bytes;
    if (end <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(end, this.buffer.length * 2));
    larger.set(this.bytes());
    this.buffer = larger;
  }

  /** LEB128, unsigned, up to 32 bits. */
  u32(value: number): this {
    let rest = value >>> 0;
    for (; rest >= 0x80; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    return this.byte(rest);
  }

  /** `i32.const`; the number is taken modulo 2^32. */
  i32Const(value: number): this {
    this.byte(0x41);
    let rest = value | 0;
    for (; rest < -0x40 || rest >= 0x40; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    return this.byte(rest & 0x7f);
  }

  /** A name: its length and its UTF-8. */
  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.u32(bytes.length).append(bytes);
  }
}
