// One channel of the DMA controller, 0 to 10: control, status and the chain of control blocks. BCM2711 ARM Peripherals,
// 4.2.1.1 and 4.2.1.2.

import { BLOCK_BYTES, BLOCK_WORDS, checkBlock, Word } from './dma-block.js';
import { Place, type DmaBus } from './dma-bus.js';
import { Cs, DEBUG_ERRORS, DEBUG_LITE, DEBUG_READ_ERROR, DEBUG_VERSION, LITE_FIRST, Offset } from './dma-registers.js';
import { BLOCK_LOAD, Moved, Transfer, WRITE_RESPONSE } from './dma-transfer.js';
import { DmaWatch } from './dma-watch.js';
import { Line, type Chip, type DreqSource } from '../device.js';
import type { Rule } from '../findings.js';
import type { Time } from '../time.js';
import type { Alarm } from '../timeline.js';

/** A block as it was loaded. Bus addresses; `bytes` is TXFR_LEN. */
export interface LoadedBlock {
  readonly source: number;
  readonly destination: number;
  readonly bytes: number;
  /** 0 at the end of the chain. */
  readonly next: number;
}

/** Called when a block is loaded, and when its transfer has ended. */
export type OnBlock = (channel: number, address: number, block: LoadedBlock, what: 'load' | 'end', at: Time) => void;

/** What the channels share. */
export interface Shared {
  readonly chip: Chip;
  readonly bus: DmaBus;
  readonly onBlock: OnBlock;
}

const State = { Idle: 0, Loading: 1, Moving: 2, Ending: 3 } as const;
type State = (typeof State)[keyof typeof State];

const PRIORITIES = Cs.PRIORITY | Cs.PANIC_PRIORITY;
const KEPT = PRIORITIES | Cs.WAIT_FOR_OUTSTANDING_WRITES | Cs.DISDEBUG;

export class DmaChannel {
  readonly lite: boolean;
  readonly name: string;
  /** CS.INT. */
  readonly interrupt = new Line();
  /** Its bit of ENABLE, and PAGE or PAGELITE. */
  enabled = true;
  page = 0;
  private readonly transfer: Transfer;
  private readonly alarm: Alarm;
  private state: State = State.Idle;
  private control = 0;
  private active = false;
  private ended = false;
  private started = false;
  private errors = 0;
  private blockAddress = 0;
  private readonly watch: DmaWatch;
  /** CONBLK_AD is what the program has written. */
  private byProgram = false;
  private loadAt: Time = 0;
  private endAt: Time = 0;
  private stalledUntil: Time = 0;
  private frozen = false;

  constructor(
    readonly index: number,
    /** Whether it is the ARM's. */
    private readonly own: boolean,
    private readonly shared: Shared,
  ) {
    this.lite = index >= LITE_FIRST;
    this.name = `DMA${index}`;
    const { timeline } = shared.chip;
    this.transfer = new Transfer(shared.bus, timeline, this.lite);
    this.watch = new DmaWatch(shared.bus.memory, this.lite, (rule, text, value) =>
      this.tell(rule, 'CONBLK_AD', text, value),
    );
    this.alarm = timeline.alarm((now, quiet) => this.run(now, quiet));
  }

  private get now(): Time {
    return this.shared.chip.timeline.now;
  }

  private tell(rule: Rule, register: string, text: string, value?: number): void {
    const finding = { rule, device: this.name, register, text };
    this.shared.chip.findings.add(value === undefined ? finding : { ...finding, value: value >>> 0 });
  }

  read(offset: number): number {
    const { transfer } = this;
    switch (offset) {
      case Offset.CS:
        return this.status();
      case Offset.CONBLK_AD:
        return this.blockAddress;
      case Offset.TI:
        return transfer.words[Word.TI] ?? 0;
      case Offset.SOURCE_AD:
        return transfer.source;
      case Offset.DEST_AD:
        return transfer.destination;
      case Offset.TXFR_LEN:
        return transfer.length;
      case Offset.STRIDE:
        return this.lite ? 0 : (transfer.words[Word.STRIDE] ?? 0);
      case Offset.NEXTCONBK:
        return transfer.next;
      case Offset.DEBUG:
        return DEBUG_VERSION | (this.lite ? DEBUG_LITE : 0) | (this.draining ? 1 << 4 : 0) | this.errors;
      default:
        return 0;
    }
  }

  private get draining(): boolean {
    return this.state === State.Ending && (this.control & Cs.WAIT_FOR_OUTSTANDING_WRITES) !== 0;
  }

  private status(): number {
    const { transfer } = this;
    // "This will only be valid once the DMA has started and the PERMAP field has been loaded": 0 before.
    const known = this.started && this.state !== State.Loading;
    const asks = known && (!transfer.selected || transfer.selected.dreqAt(this.now) <= this.now);
    const held = this.active && this.state === State.Moving && transfer.held;
    return (
      ((this.active ? Cs.ACTIVE : 0) |
        (this.ended ? Cs.END : 0) |
        (this.interrupt.level ? Cs.INT : 0) |
        (asks ? Cs.DREQ : 0) |
        (this.started && !this.active ? Cs.PAUSED : 0) |
        (held ? Cs.DREQ_STOPS_DMA : 0) |
        (this.draining ? Cs.WAITING_FOR_OUTSTANDING_WRITES : 0) |
        (this.errors ? Cs.ERROR : 0) |
        this.control) >>>
      0
    );
  }

  write(offset: number, value: number): void {
    if (offset === Offset.CS) this.writeControl(value);
    else if (offset === Offset.CONBLK_AD) this.writeBlockAddress(value);
    else if (offset === Offset.NEXTCONBK) {
      if (this.active && this.state !== State.Idle)
        this.tell('changed-while-running', 'NEXTCONBK', 'only safe when the DMA is paused (4.2.1.2 NEXTCONBK)', value);
      this.transfer.next = value;
    } else if (offset === Offset.DEBUG) this.errors &= ~(value & DEBUG_ERRORS);
  }

  private writeBlockAddress(value: number): void {
    if (value & 31)
      this.tell('dma-block', 'CONBLK_AD', 'the address must be 256-bit aligned (4.2.1.2 CONBLK_AD)', value);
    const between = this.state === State.Idle || (this.state === State.Ending && !this.active);
    if (!between)
      this.tell('changed-while-running', 'CONBLK_AD', 'written while a block is carried out (4.2.1.1)', value);
    this.blockAddress = (value & ~31) >>> 0;
    this.byProgram = true;
    if (this.active && this.state === State.Idle) this.beginLoad();
  }

  private writeControl(value: number): void {
    if (value & Cs.RESET) return this.reset();
    if (value & Cs.INT) this.interrupt.set(false);
    if (value & Cs.END) this.ended = false;
    const on = (value & Cs.ACTIVE) !== 0;
    if (this.active && on && this.control & PRIORITIES && !(value & PRIORITIES))
      this.tell('changed-while-running', 'CS', 'the priorities were dropped while ACTIVE (4.2.1.2 CS)', value);
    this.control = value & KEPT;
    if (value & Cs.ABORT && !this.abort()) return;
    if (on) this.start();
    else this.pause();
  }

  /** "The DMA will load the next CB and attempt to continue" (CS.ABORT). False when that was the end. */
  private abort(): boolean {
    if (this.state !== State.Moving) return true;
    this.state = State.Idle;
    this.watch.address = 0;
    this.alarm.clear();
    this.blockAddress = this.transfer.next;
    if (this.blockAddress === 0) this.active = false;
    else if (this.active) this.beginLoad();
    return this.blockAddress !== 0;
  }

  private start(): void {
    if (this.active) return;
    if (!this.enabled) return this.tell('unclocked', 'CS', 'started while its bit in ENABLE is 0 (4.2.1.2 ENABLE)');
    if (!this.own) this.tell('forbidden', 'CS', 'the channel belongs to the VideoCore (mailbox tag 0x60001)');
    if (this.errors) this.tell('forbidden', 'CS', 'restarted before the error bit was cleared (4.4)', this.errors);
    this.active = true;
    if (this.frozen) return;
    if (this.state === State.Idle) this.beginLoad();
    else if (this.state === State.Loading) this.alarm.set(this.loadAt);
    else if (this.state === State.Moving) this.goOn();
  }

  private pause(): void {
    this.active = false;
    // Responses still come while it is paused.
    if (this.state !== State.Ending) this.alarm.clear();
  }

  private goOn(): void {
    this.transfer.resume(Math.max(this.now, this.stalledUntil));
    this.alarm.set(this.transfer.at);
  }

  /** RESET: "will reset the DMA". */
  reset(): void {
    this.state = State.Idle;
    this.control = this.errors = this.blockAddress = this.watch.address = 0;
    this.active = this.ended = this.started = this.frozen = false;
    this.transfer.words.fill(0);
    this.transfer.begin(0);
    this.alarm.clear();
    this.interrupt.set(false);
  }

  /** "Disabling whilst the DMA is operating will be fatal" (ENABLE): nothing moves until RESET. */
  enable(enabled: boolean, page: number): void {
    this.page = page;
    if (this.enabled && !enabled && this.active && this.state !== State.Idle) {
      this.tell('changed-while-running', 'ENABLE', 'disabled whilst operating, which is fatal (4.2.1.2 ENABLE)');
      this.frozen = true;
      this.alarm.clear();
    }
    this.enabled = enabled;
  }

  /** A fault: it does nothing for so long. */
  stall(time: Time): void {
    this.stalledUntil = Math.max(this.stalledUntil, this.now + time);
    if (this.active && !this.frozen && this.state === State.Moving) this.goOn();
  }

  /** The source asks again. */
  wake(source: DreqSource): void {
    const { transfer } = this;
    const going = this.active && !this.frozen && this.state === State.Moving;
    if (going && transfer.held && transfer.selected === source) this.goOn();
  }

  private beginLoad(): void {
    // "The DMA will start if this bit is set and the CB_ADDR is non zero": until then ACTIVE waits.
    if (this.blockAddress === 0 || this.frozen) return;
    this.started = true;
    this.state = State.Loading;
    this.loadAt = Math.max(this.now, this.stalledUntil) + BLOCK_LOAD;
    if (this.byProgram) this.watch.started(this.blockAddress);
    this.byProgram = false;
    this.alarm.set(this.loadAt);
  }

  private run(now: Time, quiet: Time): void {
    const { transfer } = this;
    for (;;) {
      if (this.state === State.Idle) return;
      if (this.state === State.Moving) {
        if (transfer.at < this.stalledUntil) transfer.resume(this.stalledUntil);
        const moved = transfer.move(now, quiet);
        if (moved === Moved.Later) return this.alarm.set(transfer.at);
        if (moved === Moved.Blocked) return;
        if (moved === Moved.Failed) return this.fail();
        this.beginEnd();
      } else {
        // Blocks are loaded and end at their own time: others see it.
        const at = this.state === State.Loading ? this.loadAt : this.endAt;
        if (at > now) return this.alarm.set(at);
        if (this.state === State.Ending) this.finish();
        else if (!this.load()) return this.fail();
      }
    }
  }

  /** Loads the whole block (4.2.1.1: "automatically loaded … at the start of a DMA transfer"), NEXTCONBK with it. */
  private load(): boolean {
    const { bus } = this.shared;
    const { transfer } = this;
    const address = this.blockAddress;
    const complaint = bus.complaint(address, BLOCK_BYTES, true, this.page);
    const place = bus.placeOf(address, 0);
    const memory = place !== Place.Paced && place !== Place.Register && place !== Place.Nothing;
    if (complaint || !memory)
      this.tell('dma-address', 'CONBLK_AD', complaint ?? 'a control block must lie in memory (4.2.1.1)', address);
    if (!memory) {
      this.state = State.Idle;
      return false;
    }
    for (let i = 0; i < BLOCK_WORDS; i++) {
      const word = bus.read(address + i * 4, place, 0, this.now);
      transfer.words[i] = word;
      this.watch.words[i] = word;
    }
    checkBlock(transfer.words, this.index, this.lite, this.page, bus, (rule, text, value) =>
      this.tell(rule, 'CONBLK_AD', text, value),
    );
    this.watch.loaded(address);
    transfer.begin(this.now);
    this.state = State.Moving;
    this.observe('load');
    return true;
  }

  private observe(what: 'load' | 'end'): void {
    const word = (index: number): number => this.watch.words[index] ?? 0;
    const bytes = word(Word.LENGTH);
    const block = { source: word(Word.SOURCE), destination: word(Word.DESTINATION), bytes, next: this.transfer.next };
    this.shared.onBlock(this.index, this.watch.address, block, what, this.now);
  }

  private beginEnd(): void {
    const { transfer } = this;
    this.state = State.Ending;
    const waits = transfer.waitsForResponse || this.draining;
    this.endAt = transfer.landed + (waits ? WRITE_RESPONSE : 0);
    // "Whilst waiting it will load the next CB address (but will not fetch the CB), clear the active flag (if the next
    // CB address = zero), and it will defer setting the END flag or the INT flag" (CS.WAIT_FOR_OUTSTANDING_WRITES).
    if (this.draining) this.advance();
  }

  private advance(): void {
    this.blockAddress = this.transfer.next;
    if (this.blockAddress === 0) this.active = false;
  }

  private finish(): void {
    if (!this.draining) this.advance();
    this.observe('end');
    this.state = State.Idle;
    this.watch.address = 0;
    this.ended = true;
    if (this.transfer.interrupts) this.interrupt.set(true);
    if (this.active) this.beginLoad();
  }

  /** "The DMA will clear its active flag and generate an interrupt" (4.4). */
  private fail(): void {
    this.errors |= DEBUG_READ_ERROR;
    this.active = false;
    this.interrupt.set(true);
  }

  /** The program has stored to the window. */
  stored(from: number, bytes: number): void {
    this.watch.stored(from, bytes);
  }
}
