// The data lines of an SD host controller: blocks between card and buffer, busy, timeouts. SDHCI 3.00, 2.2.2 to 2.2.9
// (Block Size to Present State), 2.2.17 and 2.2.18 (Interrupt Status), 3.7.2 (Data Transfer, not using DMA), 3.8 (Abort),
// recalled; the bits of the Present State as Microchip's manuals give them. When Buffer Read Ready rises and how it must
// be cleared: bcm2711 facts, measured.

import type { Rule } from '../findings.js';
import type { SdCard } from './sd-card.js';
import type { OutgoingBlock } from './sd-card-data.js';
import { MOST_BYTES, SdhciBuffer } from './sdhci-buffer.js';
import {
  AUTO_CMD12,
  BLOCK,
  BUFFER_READ_READY,
  BUFFER_WRITE_READY,
  CLOCK,
  COMMAND,
  COUNT_ENABLE,
  DAT_ACTIVE,
  DAT0_LEVEL,
  DATA,
  DATA_CRC,
  DATA_END,
  DATA_TIMEOUT,
  INHIBIT_DAT,
  MULTIPLE,
  READ,
  READ_ACTIVE,
  READ_READY,
  TRANSFER_COMPLETE,
  WRITE_ACTIVE,
  WRITE_READY,
} from './sdhci-registers.js';
import type { SdhciWires } from './sdhci-wires.js';
import { NEVER, type Time } from '../time.js';
import type { Alarm } from '../timeline.js';

/** What the lines do: `pause` has no room in the buffer or no block in it, `lost` waits for software reset. */
type Stage = 'idle' | 'command' | 'arrives' | 'pause' | 'leaves' | 'busy' | 'silent' | 'stopping' | 'lost';

/** Start bit, CRC16 and end bit; from the end of one thing to the start bit of the next (NWR and NAC are 2 at least). */
const FRAME_CLOCKS = 18;
const GAP_CLOCKS = 2;
/** The CRC status after a written block: 3 bits in start and end bit, 2 clocks later. */
const CRC_STATUS_CLOCKS = 7;

export class SdhciData {
  /** Block size, and block count as it counts down. */
  block = 0;
  /** Sends CMD12 and calls `stopped` when its reply is there. Set by the commands. */
  stop: (now: Time) => void = () => undefined;
  private readonly buffer = new SdhciBuffer();
  private readonly alarm: Alarm;
  private stage: Stage = 'idle';
  private direction: 'none' | 'read' | 'write' = 'none';
  private left = 0;
  private counted = false;
  private autoStop = false;
  /** Blocks that the program may still be asked for, and whether it has been for one. */
  private toOffer = 0;
  private writable = false;
  /** Nothing more is on the lines, and only the buffer must be emptied. */
  private through = false;
  private aborted = false;
  private card: SdCard | undefined;
  private incoming: OutgoingBlock | undefined;
  private until: Time = 0;
  private limit: Time = NEVER;

  constructor(private readonly wires: SdhciWires) {
    this.alarm = wires.timeline.alarm((now) => {
      this.ring(now);
    });
  }

  get inhibit(): boolean {
    return this.stage !== 'idle';
  }

  /** A transfer of data is under way, which CMD12 may abort. */
  get moving(): boolean {
    return this.direction !== 'none' && this.inhibit;
  }

  /** 2.2.9, the bits of the data lines. */
  present(now: Time): number {
    const { stage, direction, buffer } = this;
    const on = stage !== 'idle';
    const card = this.wires.slot.card;
    return (
      (on ? INHIBIT_DAT : 0) |
      (on && !this.through ? DAT_ACTIVE : 0) |
      (on && direction === 'read' ? READ_ACTIVE : 0) |
      (on && direction === 'write' ? WRITE_ACTIVE : 0) |
      (this.writable ? WRITE_READY : 0) |
      (direction === 'read' && buffer.filled > 0 ? READ_READY : 0) |
      (card && card.busyUntil(now) > now ? 0 : DAT0_LEVEL)
    );
  }

  /** A command that uses the data lines was written; `mode` is its word. */
  claim(mode: number, data: boolean): void {
    this.stage = 'command';
    this.through = false;
    this.direction = 'none';
    if (!data) return;
    if (this.aborted) this.tell('forbidden', COMMAND, mode, 'data after an abort without a software reset (3.8)');
    const size = this.block & 0xfff;
    if (size === 0 || size > MOST_BYTES)
      this.tell('forbidden', BLOCK, this.block, 'a block size of 0 or above the longest of 2048 (2.2.2)');
    this.direction = mode & READ ? 'read' : 'write';
    this.buffer.open(Math.min(size || MOST_BYTES, MOST_BYTES));
    const multiple = (mode & MULTIPLE) !== 0;
    this.counted = multiple && (mode & COUNT_ENABLE) !== 0;
    this.autoStop = multiple && (mode & AUTO_CMD12) !== 0;
    if (this.autoStop && !this.counted)
      this.tell('forbidden', COMMAND, mode, 'Auto CMD12 without Block Count Enable, so it never comes (2.2.5)');
    this.left = this.counted ? this.block >>> 16 : multiple ? Infinity : 1;
    if (this.left === 0) this.tell('forbidden', BLOCK, this.block, 'several blocks with a block count of 0 (2.2.5)');
    this.toOffer = this.left;
    this.writable = false;
  }

  /** The reply to that command is there; the command ended at `sentAt`. */
  go(sentAt: Time, now: Time): void {
    if (this.direction === 'read') this.fetch(sentAt, now);
    else if (this.direction === 'write') {
      this.stage = 'pause';
      this.offer();
    } else this.wait(now);
  }

  /** CMD12 of type abort has gone out (2.2.6). */
  abort(): void {
    this.alarm.clear();
    this.aborted ||= this.moving;
    this.stage = 'command';
    this.direction = 'none';
    this.writable = false;
  }

  /** The reply to an automatic CMD12 is there. */
  stopped(now: Time): void {
    this.wait(now);
  }

  /** A busy that the card ended otherwise than foreseen, or a card that was pulled. */
  recheck(now: Time): void {
    if (this.stage !== 'busy' || (this.wires.slot.card?.busyUntil(now) ?? now) > now) return;
    this.until = now;
    this.alarm.clear();
    this.notBusy(now);
  }

  read(now: Time): number {
    const { buffer, wires } = this;
    if (this.direction !== 'read' || buffer.filled === 0) {
      this.tell('forbidden', DATA, undefined, 'read without a block in the buffer, which gives garbage (2.2.8)');
      return 0xbad0_da7a;
    }
    if (buffer.cursor === 0 && wires.status.has(BUFFER_READ_READY))
      this.tell(
        'forbidden',
        DATA,
        undefined,
        'read before Buffer Read Ready was cleared, so the next is lost (3.7.2.1)',
      );
    const word = buffer.peek();
    if (!buffer.advance()) return word;
    if (buffer.filled > 0) wires.status.raise(BUFFER_READ_READY);
    if (this.stage === 'pause') this.fetch(now, now);
    else if (this.through) this.end();
    return word;
  }

  peek(): number {
    return this.direction === 'read' && this.buffer.filled > 0 ? this.buffer.peek() : 0;
  }

  write(word: number, now: Time): void {
    const { buffer, wires } = this;
    if (!this.writable) {
      this.tell('forbidden', DATA, word, 'written without room in the buffer: the word is lost (2.2.8)');
      return;
    }
    if (buffer.cursor === 0 && wires.status.has(BUFFER_WRITE_READY))
      this.tell(
        'forbidden',
        DATA,
        word,
        'written before Buffer Write Ready was cleared, so the next is lost (3.7.2.1)',
      );
    if (!buffer.push(word)) return;
    this.writable = false;
    this.offer();
    if (this.stage === 'pause') this.send(now);
  }

  /** Software Reset for DAT Line (2.2.16). */
  reset(): void {
    const { buffer, wires } = this;
    if (buffer.cursor > 0 && !this.aborted && wires.status.errors === 0 && this.stage !== 'lost')
      this.tell('forbidden', CLOCK, undefined, `reset with ${buffer.cursor} words of a block moved, not all (2.2.8)`);
    this.alarm.clear();
    buffer.clear();
    this.stage = 'idle';
    this.direction = 'none';
    this.writable = this.through = this.aborted = false;
    // Buffer Read and Write Ready, DMA Interrupt, Block Gap Event, Transfer Complete.
    wires.status.clear(0x3e);
  }

  private ring(now: Time): void {
    if (this.stage === 'arrives') this.arrived(now);
    else if (this.stage === 'leaves') this.departed(now);
    else if (this.stage === 'busy') this.notBusy(now);
    else if (this.stage === 'silent') this.broken(DATA_TIMEOUT);
  }

  /** Waits for a block, which the card may send from `from` on. */
  private fetch(from: Time, now: Time): void {
    const card = this.wires.slot.card;
    const block = card?.nextBlock(from);
    const limit = now + this.wires.timeout();
    if (!block || block.from > limit) {
      this.silence(limit);
      return;
    }
    this.card = card;
    this.incoming = block;
    this.stage = 'arrives';
    const begins = Math.max(block.from, from + GAP_CLOCKS * this.wires.period());
    this.alarm.set(begins + this.blockTime());
  }

  private blockTime(): Time {
    const bits = (this.buffer.blockBytes * 8) / this.wires.width();
    return (bits + FRAME_CLOCKS) * this.wires.period();
  }

  private arrived(now: Time): void {
    const { buffer, wires, incoming } = this;
    const { card } = wires.slot;
    if (!card || card !== this.card || card.state !== 'data' || !incoming) {
      this.silence(now + wires.timeout());
      return;
    }
    if (card.width !== wires.width() || incoming.bytes.length !== buffer.blockBytes) {
      this.mismatch(card, incoming.bytes.length);
      return;
    }
    if (incoming.damaged) {
      card.blockSent();
      this.broken(DATA_CRC);
      return;
    }
    buffer.put(incoming.bytes);
    card.blockSent();
    this.countDown();
    if (buffer.filled === 1) wires.status.raise(BUFFER_READ_READY);
    if (this.left === 0) this.last(now);
    else if (buffer.full) this.stage = 'pause';
    else this.fetch(now, now);
  }

  private countDown(): void {
    this.left--;
    if (this.counted) this.block = (this.block - 0x1_0000) >>> 0;
  }

  /** All blocks are through. */
  private last(now: Time): void {
    if (!this.autoStop) {
      this.wait(now);
      return;
    }
    this.stage = 'stopping';
    this.stop(now);
  }

  private offer(): void {
    if (this.writable || this.buffer.full || this.toOffer === 0) return;
    this.toOffer--;
    this.writable = true;
    this.wires.status.raise(BUFFER_WRITE_READY);
  }

  private send(now: Time): void {
    this.card = this.wires.slot.card;
    this.stage = 'leaves';
    this.alarm.set(now + GAP_CLOCKS * this.wires.period() + this.blockTime());
  }

  private departed(now: Time): void {
    const { buffer, wires } = this;
    const { card } = wires.slot;
    const wide = card !== undefined && card.width !== wires.width();
    if (wide) this.tell('forbidden', COMMAND, undefined, `data on ${wires.width()} lines, the card uses ${card.width}`);
    const taken = card && card === this.card ? card.takeBlock(buffer.oldest, wide, now) : 'silent';
    if (taken === 'silent' || !card) this.silence(now + wires.timeout());
    else if (taken === 'crc') this.broken(DATA_CRC);
    else {
      buffer.drop();
      this.countDown();
      this.offer();
      this.wait(now + CRC_STATUS_CLOCKS * wires.period());
    }
  }

  /** Busy, from `now` on, if the card is. */
  private wait(now: Time): void {
    this.stage = 'busy';
    this.until = this.wires.slot.card?.busyUntil(now) ?? now;
    this.limit = now + this.wires.timeout();
    this.alarm.set(Math.min(this.until, this.limit));
  }

  private notBusy(now: Time): void {
    if (now < this.until) {
      this.broken(DATA_TIMEOUT);
      return;
    }
    if (this.direction === 'write' && this.left > 0) {
      if (this.buffer.filled > 0) this.send(now);
      else this.stage = 'pause';
    } else if (this.direction === 'write' && this.autoStop) {
      this.autoStop = false;
      this.stage = 'stopping';
      this.stop(now);
    } else {
      this.through = true;
      this.end();
    }
  }

  /** 2.2.17, Transfer Complete: data through and, for a read, out of the buffer; or busy over. */
  private end(): void {
    if (this.direction === 'read' && this.buffer.filled > 0) return;
    this.stage = 'idle';
    this.direction = 'none';
    this.through = false;
    this.wires.status.raise(TRANSFER_COMPLETE);
  }

  private silence(limit: Time): void {
    this.stage = 'silent';
    this.alarm.set(limit);
  }

  /** The lines are blocked until they are reset (3.10.1). */
  private broken(error: number): void {
    this.stage = 'lost';
    this.alarm.clear();
    this.wires.status.raise(error);
  }

  private mismatch(card: SdCard, bytes: number): void {
    const text =
      card.width === this.wires.width()
        ? `blocks of ${this.buffer.blockBytes} bytes, the card sends ${bytes} (2.2.2)`
        : `data on ${this.wires.width()} lines, the card uses ${card.width} (2.2.10)`;
    this.tell('forbidden', BLOCK, undefined, text);
    card.blockSent();
    this.broken(DATA_CRC | DATA_END);
  }

  private tell(rule: Rule, offset: number, value: number | undefined, text: string): void {
    this.wires.tell(rule, offset, value, text);
  }
}
