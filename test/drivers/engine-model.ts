// DMA engines as their manual tells (4.2.1: "CONBLK_AD … when the transfer is complete the next control block address
// is loaded from NEXTCONBK; 0 stops"), asynchronous to the program. A control block is read as a whole when it is
// loaded: what is written to it afterwards comes too late. One `step` loads a block, carries it out, or stops.

import type { BoardModel, RegisterBlock } from '../support/board-model.js';

/** Where an engine writes words outside memory: a FIFO, registers. Bus addresses. */
export type Target = (address: number, value: number) => void;

interface Block {
  readonly transfer: number;
  readonly source: number;
  readonly destination: number;
  readonly bytes: number;
  readonly next: number;
}

export class DmaEngines implements RegisterBlock {
  readonly base = 0xfe007000;
  readonly bytes = 0x1000;
  readonly violations: string[] = [];
  /** Whether DEBUG of channels 7 to 10 has the LITE bit, as on a board. */
  lite = true;
  /** RESET and ACTIVE have no effect: an engine that does not answer. */
  dead = false;
  /** Runs a started chain to its end within the CS write, as the emulator does. */
  immediate = false;
  /** Ticks that carrying out a block takes; a transfer of one word takes none. */
  ticksFor: (words: number) => bigint = () => 0n;
  /** Steps made since the beginning. */
  steps = 0;
  /** The tick at which the last chain ended. */
  stoppedAt = 0n;
  private active = false;
  private control = 0;
  private blockAddress = 0;
  private block: Block | undefined;
  private readonly words = new Map<number, number>();
  private readyAt = 0n;

  constructor(
    private readonly board: BoardModel,
    private readonly target: Target,
    private readonly channel = 5,
    /** What a control block reads from a device at a tick. */
    private readonly device: (address: number, tick: bigint) => number = () => 0,
  ) {}

  get running(): boolean {
    return this.active;
  }

  /** The bus address of the block loaded or next; 0 at the end. */
  get at(): number {
    return this.blockAddress;
  }

  /** Whether the engine stands between two blocks or is idle. */
  get betweenBlocks(): boolean {
    return this.block === undefined;
  }

  /** Whether the last control block of a ring's three is loaded: a word from memory to memory. */
  get atProgress(): boolean {
    const block = this.block;
    return block !== undefined && block.bytes === 4 && block.source >>> 30 === 3 && block.destination >>> 30 === 3;
  }

  /** The block being carried out was loaded before its successor was linked. */
  missLink(): void {
    this.setNext(0);
  }

  read(offset: number): number {
    const channel = offset >> 8;
    const register = offset & 0xff;
    if (register === 0x20 && offset < 0xf00) return channel >= 7 && this.lite ? 0x10000000 : 0;
    if (channel !== this.channel) return this.words.get(offset) ?? 0;
    if (register === 0x00)
      return ((this.active || (this.dead && this.control & 1) ? 1 : 0) | (this.control & 0xf0fe0000)) >>> 0;
    return register === 0x04 ? this.blockAddress : 0;
  }

  write(offset: number, value: number): void {
    this.words.set(offset, value);
    if (offset >> 8 !== this.channel) return;
    const register = offset & 0xff;
    if (register === 0x04) {
      if (this.active) this.violations.push('CONBLK_AD written while active');
      if (value & 31) this.violations.push('control block not aligned');
      this.blockAddress = value;
    }
    if (register === 0x1c) {
      // 4.2.1.2: "only safe to do this when the DMA is paused".
      if (this.active) this.violations.push('NEXTCONBK written while active');
      this.setNext(value);
    }
    if (register === 0x00) this.setControl(value);
  }

  private setNext(value: number): void {
    if (this.block) this.block = { ...this.block, next: value };
  }

  private setControl(value: number): void {
    this.control = value;
    if (this.dead) {
      this.control |= 1;
      return;
    }
    if (value & 0x80000000) {
      this.control = 0;
      if (this.active) this.violations.push('reset while active');
      if (this.active) this.stoppedAt = this.board.now;
      this.active = false;
      this.block = undefined;
      this.blockAddress = 0;
      return;
    }
    if (value & 1 && (value & 0x00ff0000) === 0) this.violations.push('started without priorities');
    if (value & 1 && !this.active) {
      this.active = this.blockAddress !== 0;
      if (!this.block) this.readyAt = this.board.now;
    } else if (!(value & 1)) {
      if (this.active) this.stoppedAt = this.board.now;
      this.active = false;
    }
    if (this.immediate) while (this.active) this.step();
  }

  /** Acts as far as virtual time allows. */
  advance(now: bigint): void {
    if (this.immediate) return;
    while (this.active && this.readyAt <= now) this.step();
  }

  /** One step: load a block, or carry it out, or stop at the end of the chain. False when idle. */
  step(): boolean {
    if (!this.active) return false;
    this.steps++;
    if (!this.block) {
      if (this.blockAddress) this.load();
      else {
        this.active = false;
        this.stoppedAt = this.readyAt;
      }
      return true;
    }
    const { next } = this.block;
    this.carryOut(this.block);
    this.blockAddress = next;
    this.block = undefined;
    return true;
  }

  private load(): void {
    const address = this.blockAddress & 0x3fffffff;
    if (this.blockAddress >>> 30 !== 3) this.violations.push('control block address is not a bus address');
    const word = (index: number): number => this.board.readVisible(address + index * 4);
    this.block = { transfer: word(0), source: word(1), destination: word(2), bytes: word(3), next: word(5) };
    if (!(this.block.transfer & 8)) this.violations.push('no WAIT_RESP');
    if (this.block.bytes === 0) this.violations.push('empty block');
    if (this.block.bytes > 4) this.readyAt += this.ticksFor(this.block.bytes / 4);
  }

  private carryOut(block: Block): void {
    for (let i = 0; i < block.bytes; i += 4) {
      const from = block.source + (block.transfer & 0x100 ? i : 0);
      const value = from >>> 24 === 0x7e ? this.device(from, this.readyAt) : this.board.readVisible(from & 0x3fffffff);
      const to = block.destination + (block.transfer & 0x10 ? i : 0);
      if (to >>> 24 === 0x7e) {
        const paced = (block.transfer & 0x1f0040) === 0x10040;
        if (to === 0x7e20c818 && !paced) this.violations.push('FIFO written without its DREQ');
        this.target(to, value);
      } else this.board.writeVisible(to & 0x3fffffff, value);
    }
  }
}
