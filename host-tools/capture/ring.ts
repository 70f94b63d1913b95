// Reads the words of the jack out of the ring in the guest's memory (drivers/jack-memory.ts): blocks one after the
// other, each with a header that says all about it. What the guest writes is not trusted.

import fs from 'node:fs';
import { BLOCK_MAGIC, BlockHeader, Descriptor, JackRegister } from '../../drivers/jack-keys.js';
import { SLOT_BYTES, SLOT_HEADER_BYTES, SLOT_PAIRS } from '../../drivers/window-map.js';
import { Problem } from '../problem.js';

/** What the capture tells, in its order. */
export interface WordEvents {
  /** Words of a block. `kind` is a BlockKind, `micros` the emulated system timer's low 32 bits; valid in the call. */
  block(words: Uint32Array, kind: number, micros: number): void;
  /** How the jack is open: ranges, notes; offsets as in JackRegister. */
  register(offset: number, value: number): void;
}

/** Where the ring is. */
export interface RingPlace {
  /** The guest's memory, an open file; addresses are offsets in it. */
  file: number;
  descriptor: number;
  base: number;
  bytes: number;
}

const CHUNK_BYTES = 256 * 1024;
const PAIR_BYTES = 8;
const KINDS = (JackRegister.NoteRate - JackRegister.Stamps) / 4;
/** Looks at a number that is being written, until it is the same twice. */
const LOOKS = 100;

export class RingReader {
  private readonly chunk = Buffer.from(new ArrayBuffer(CHUNK_BYTES));
  private readonly counter = Buffer.alloc(8);
  /** Bytes read so far, modulo 2^32. */
  private at = 0;
  /** The last block's number and header fields; 0 before the first. */
  private number = 0;
  private range = 0;
  private rateHz = 0;
  private repeat = 0;
  private track: number | undefined;

  constructor(
    private readonly place: RingPlace,
    private readonly events: WordEvents,
  ) {}

  /**
   * Takes some of the blocks that are there and gives their room back; returns how many bytes that were, 0 when there
   * is nothing new. Throws Problem when the ring holds what cannot be, and what `events` throws.
   */
  read(): number {
    const { file, base, bytes } = this.place;
    const waiting = (this.written() - this.at) >>> 0;
    if (waiting === 0) return 0;
    if (waiting > bytes) throw broken(`${waiting} bytes are said to wait in ${bytes}`);
    let offset = this.at % bytes;
    const skipped = bytes - offset < SLOT_BYTES ? bytes - offset : 0;
    if (skipped > 0) offset = 0;
    if (skipped >= waiting) throw broken('it ends in what is skipped');
    const wanted = Math.min(waiting - skipped, bytes - offset, CHUNK_BYTES);
    const got = fs.readSync(file, this.chunk, 0, wanted, base + offset);
    if (got < wanted) throw broken('it cannot be read');
    // Blocks of the next chunk begin where no whole one follows here, or where the writer skips, too.
    const taken = this.blocks(wanted, offset);
    if (taken === 0) throw broken('a block is longer than what was written');
    this.at = (this.at + skipped + taken) >>> 0;
    this.tell();
    return skipped + taken;
  }

  /** Hands on the whole blocks of the chunk, which begins at `offset` of the ring; returns their bytes. */
  private blocks(length: number, offset: number): number {
    const { chunk } = this;
    let at = 0;
    while (at + SLOT_HEADER_BYTES <= length && this.place.bytes - offset - at >= SLOT_BYTES) {
      const kind = (chunk.readUInt32LE(at + BlockHeader.Kind) ^ BLOCK_MAGIC) >>> 0;
      const pairs = chunk.readUInt32LE(at + BlockHeader.Pairs);
      if (kind >= KINDS || pairs < 1 || pairs > SLOT_PAIRS) throw broken('a block has no header');
      const from = at + SLOT_HEADER_BYTES;
      const end = from + pairs * PAIR_BYTES;
      if (end > length) break;
      this.header(at);
      const words = new Uint32Array(chunk.buffer, chunk.byteOffset + from, pairs * 2);
      this.events.block(words, kind, chunk.readUInt32LE(at + BlockHeader.Stamp));
      at = end;
    }
    return at;
  }

  /** Tells what a header says that the one before did not. */
  private header(at: number): void {
    const field = (offset: BlockHeader): number => this.chunk.readUInt32LE(at + offset);
    const number = field(BlockHeader.Number);
    const opened = number === 1;
    if (!opened && number !== (this.number + 1) >>> 0) throw broken(`block ${number} follows block ${this.number}`);
    this.number = number;
    const [rateHz, repeat, range] = [field(BlockHeader.RateHz), field(BlockHeader.Repeat), field(BlockHeader.Range)];
    if (opened || rateHz !== this.rateHz) this.events.register(JackRegister.NoteRate, rateHz);
    if (opened || repeat !== this.repeat) this.events.register(JackRegister.NoteRepeat, repeat);
    if (opened || range !== this.range) {
      this.events.register(JackRegister.Range1, range);
      this.events.register(JackRegister.Range2, range);
    }
    [this.rateHz, this.repeat, this.range] = [rateHz, repeat, range];
    if (opened) this.track = undefined;
    const track = field(BlockHeader.Track);
    // Until a track is noted there is nothing to tell.
    if (track !== 0xffffffff && track !== this.track) {
      this.track = track;
      this.events.register(JackRegister.NoteTrack, track);
    }
  }

  /** The guest's count. It changes while it is read, and a read is not always of all four bytes at once. */
  private written(): number {
    const { file, descriptor } = this.place;
    let last = -1;
    for (let i = 0; i < LOOKS; i++) {
      if (fs.readSync(file, this.counter, 0, 4, descriptor + Descriptor.Written) < 4) throw broken('it cannot be read');
      const value = this.counter.readUInt32LE(0);
      if (value === last) return value;
      last = value;
    }
    return this.at;
  }

  private tell(): void {
    this.counter.writeUInt32LE(this.at, 0);
    this.counter.writeUInt32LE(~this.at >>> 0, 4);
    fs.writeSync(this.place.file, this.counter, 0, 8, this.place.descriptor + Descriptor.Read);
  }
}

function broken(what: string): Problem {
  return new Problem('capture-lost', `the words of the jack can no longer be read: ${what}`, {
    hint: 'does the firmware write where the emulator keeps them?',
  });
}
