// The queues between interrupt handlers and the program (docs/board.md, Queues): of fixed room, what does not fit is
// lost and counted.

export class ByteQueue {
  /** Bytes that had no room. */
  lost = 0;
  private readonly bytes: Uint8Array;
  /** Bytes ever put in and ever taken; their remainders are the indices. */
  private written = 0;
  private taken = 0;

  constructor(readonly room: number) {
    this.bytes = new Uint8Array(room);
  }

  get length(): number {
    return this.written - this.taken;
  }

  /** False, and counted, when there is no room. */
  put(byte: number): boolean {
    if (this.length === this.room) {
      this.lost++;
      return false;
    }
    this.bytes[this.written++ % this.room] = byte;
    return true;
  }

  /** The oldest byte; undefined when there is none. */
  take(): number | undefined {
    return this.length === 0 ? undefined : this.bytes[this.taken++ % this.room];
  }

  /** Up to `most` bytes, oldest first. */
  takeSome(most: number): Uint8Array {
    const some = new Uint8Array(Math.max(0, Math.min(most, this.length)));
    for (let i = 0; i < some.length; i++) some[i] = this.bytes[this.taken++ % this.room] ?? 0;
    return some;
  }
}

export class RecordQueue<Item> {
  lost = 0;
  private readonly items: Item[] = [];

  constructor(readonly room: number) {}

  get length(): number {
    return this.items.length;
  }

  put(item: Item): void {
    if (this.items.length === this.room) this.lost++;
    else this.items.push(item);
  }

  clear(): void {
    this.items.length = 0;
  }

  takeSome(most: number): Item[] {
    return this.items.splice(0, Math.max(0, most));
  }
}
