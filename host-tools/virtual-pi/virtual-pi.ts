// A Raspberry Pi 4 in virtual time: the chip's blocks, their wires, and the loop around the module that boot/ is on a
// board. Whoever holds it lets time pass (`runTo`), types, moves pins, and listens.

import { Boot, Ended, Event, Exit, Info, Limit, Reload } from '../../drivers/board-keys.js';
import type { WordEvents } from '../capture/ring.js';
import type { Machine } from './board/board.js';
import { Blocks } from './blocks.js';
import { bootInstructions, Cpu, PRELOAD_INSTRUCTIONS, reloadInstructions } from './cpu/cpu.js';
import { Findings } from './findings.js';
import { JackTap } from './board/jack-tap.js';
import { keepReport } from './board/crash-record.js';
import { Kernel } from './board/kernel.js';
import { Memory } from './memory.js';
import type { PinSink } from './pwm/pins.js';
import { loadProgram, loadSent, Program, type Ending, type ProgramSource } from './board/program.js';
import type { SdCard } from './sd/sd-card.js';
import { BOOT } from './cpu/weights.js';
import { MILLISECOND, NEVER, toTicks, type Time } from './time.js';
import { Timeline, type Alarm } from './timeline.js';

/** What a boot that is not the first one finds. */
export interface WarmStart {
  reason: Boot.Watchdog | Boot.Chain;
  /** The DMA window of the machine before (`Memory.copyWindow`), which is copied. */
  window: Uint8Array;
}

export interface VirtualPiOptions {
  program: ProgramSource;
  /** 16 hex digits, as in the banner and in fault reports. */
  buildId?: string | undefined;
  /** What the RAM disk begins with; stays the caller's and must not change. */
  ramDisk?: Uint8Array | undefined;
  /** Whether the program's instructions take time; default: yes. Without, only imports do, and a loop may never end. */
  metered?: boolean | undefined;
  /** What is in the socket. */
  card?: SdCard | undefined;
  /** Bytes that have left the UART; the array is the listener's. */
  onConsole?: ((bytes: Uint8Array) => void) | undefined;
  /** The words of the jack, as a capture tells them. */
  words?: WordEvents | undefined;
  /** The jack's pins. */
  pins?: PinSink | undefined;
  /** Default: the power was off before. */
  warm?: WarmStart | undefined;
}

/** How the machine has ended. */
export type PiEnd =
  | { readonly kind: 'exit'; readonly exit: Exit; readonly status: number }
  /** The program has gone to another kernel image, which is not run here. */
  | { readonly kind: 'chain'; readonly status: 0; readonly image: Uint8Array }
  /** A fault was reported on the console; status as the emulator's. */
  | { readonly kind: 'fault'; readonly status: 1 };

const NO_WORDS: WordEvents = { block: () => undefined, register: () => undefined };
const NO_PINS: PinSink = { run: () => undefined };
const STEP_LIMIT = Limit.StepMs * MILLISECOND;
const PROBATION = Limit.ProbationMs * MILLISECOND;
const PROBATION_LIMIT = Limit.ProbationStepMs * MILLISECOND;

export class VirtualPi {
  readonly timeline = new Timeline();
  readonly findings = new Findings(() => this.timeline.now);
  readonly memory: Memory;
  /** The devices, by name. */
  readonly blocks: Blocks;
  readonly cpu: Cpu;
  readonly kernel: Kernel;
  readonly jack: JackTap;
  ended: PiEnd | undefined;
  /** Calls of `step`. */
  steps = 0;
  readonly machine: Machine;
  /** Or why there is none. */
  private program: Program | Ending;
  private running: ProgramSource;
  /** What ran before the running module, if it was sent too. */
  private previous: ProgramSource | undefined;
  private pending: { program: Program; source: ProgramSource } | undefined;
  /** Loaded beside the running one, with the instructions that are left to do so. */
  private beside: { program: Program; source: ProgramSource; left: number } | undefined;
  /** Until then the running module is on probation. */
  private probation: Time = 0;
  private generation = 0;
  private started = false;
  private behindStart = 0;
  private deadline = 0n;
  private asleep = false;
  private longest: Time = 0;
  private stepSince: Time | undefined;
  /** Of its own: the program may mask the tick. */
  private readonly watch: Alarm;
  private console: number[] = [];

  /**
   * Powers on and boots up to the module's `start`, which is called by the first `runTo`; what is reported there of a
   * module that cannot be loaded is a fault, as boot/ has it.
   */
  constructor(private readonly options: VirtualPiOptions) {
    const { timeline, findings } = this;
    const { warm } = options;
    this.memory = new Memory(options.ramDisk, warm?.window);
    this.blocks = new Blocks({ timeline, findings }, this.memory, options.pins ?? NO_PINS, options.card);
    const { blocks } = this;
    if (warm?.reason === Boot.Watchdog) blocks.power.presetWatchdog();
    this.cpu = new Cpu(timeline);
    this.kernel = new Kernel({ timeline, findings }, blocks.bus, this.memory, blocks.gic.irq);
    blocks.connectTimer(this.kernel.timer);
    this.jack = new JackTap(this.memory, options.words ?? NO_WORDS);
    blocks.followJack(this.jack);
    blocks.uart.onSend = (byte) => this.console.push(byte);
    const buildId = BigInt(`0x${options.buildId ?? '0'}`);
    this.machine = {
      chip: { timeline, findings },
      bus: blocks.bus,
      memory: this.memory,
      kernel: this.kernel,
      cpu: this.cpu,
      facts: new Map([
        [Info.EntryTicks, 0n],
        [Info.EntryLevel, warm?.reason === Boot.Chain ? 1n : 2n],
        [Info.Generation, 1n],
        [Info.BuildId, BigInt.asIntN(64, buildId)],
        [Info.Semihosting, 1n],
        [Info.CoreId, 0x410fd083n],
        [Info.BootReason, BigInt(warm?.reason ?? Boot.PowerOn)],
      ]),
      modules: () => [this.running.wasm, this.previous?.wasm],
      barriers: true,
      callsCounted: options.metered ?? true,
      reload: (wasm, part) => this.reload(wasm, part),
      slept: 0,
      waitsSince: undefined,
      cut: undefined,
    };
    this.watch = timeline.alarm(() => this.supervise());
    blocks.power.onReset = (kind) => this.reset(kind === 'halt' ? Exit.PowerOff : Exit.Restart);
    this.running = options.program;
    this.program = loadProgram(this.machine, options.program, options.metered ?? true);
    this.kernel.boot();
    if (!(this.program instanceof Program)) return;
    this.program.takeOver();
    const { before, behind } = bootInstructions(options.program.wasm);
    this.behindStart = behind;
    this.cpu.spend(before);
    this.kernel.ready();
  }

  get now(): Time {
    return this.timeline.now;
  }

  /** Periods for which the jack's FIFO had no word and the pins fell. */
  get hardwareUnderruns(): number {
    const [first, second] = this.blocks.pwm1.counts().falls;
    return Math.max(first, second);
  }

  /** Bytes on the UART's receive line, one after the other from now on. */
  type(bytes: Uint8Array): void {
    this.blocks.uart.receive(bytes);
  }

  /** Lets time pass to `target`, or to the end; a step that has begun is ended, so it may be somewhat later. */
  runTo(target: Time): void {
    while (!this.ended && this.now < target) this.once(target);
    this.blocks.settle(this.now);
    this.flushConsole();
  }

  /** Lets time pass to the end of the program's next step, but not beyond `limit`; whether there was one. */
  runStep(limit: Time): boolean {
    const { steps } = this;
    while (!this.ended && this.now < limit && this.steps === steps) this.once(limit);
    this.blocks.settle(this.now);
    this.flushConsole();
    return this.steps !== steps;
  }

  private once(target: Time): void {
    const { program } = this;
    if (!(program instanceof Program)) {
      this.took(program);
      return;
    }
    if (!this.started) {
      this.started = true;
      this.machine.facts.set(Info.Generation, BigInt(++this.generation));
      const failed = this.supervised((limit) => program.start(this.generation, limit));
      // What `start` did not use is compiled now.
      if (!failed) this.cpu.spend(this.behindStart);
      this.behindStart = 0;
      if (!failed) this.kernel.lateSince = undefined;
      this.took(failed);
      return;
    }
    let events = this.kernel.pending;
    if (toTicks(this.now) >= this.deadline) events |= Event.Deadline;
    if (!events) {
      if (!this.asleep) this.kernel.sleepUntil(this.deadline);
      this.asleep = true;
      // Not to the next alarm's own time: devices may act ahead of others as far as they are let.
      this.timeline.stepTo(target);
      return;
    }
    if (this.asleep) this.kernel.timer.virtual.stop();
    this.asleep = false;
    this.steps++;
    const before = this.now;
    const result = this.supervised((limit) => program.step(events, limit));
    const took = this.now - before;
    if (took > this.longest) {
      this.longest = took;
      this.machine.facts.set(Info.LongestStep, toTicks(took));
    }
    if (typeof result === 'bigint') this.kernel.lateSince = undefined;
    if (typeof result !== 'bigint') this.took(result);
    else if (this.pending) this.swap(this.pending);
    else this.deadline = result;
  }

  private reload(wasm: Uint8Array, part: boolean): Reload {
    // Loading is the board's work.
    const since = this.stepSince;
    this.stepSince = undefined;
    this.pending = undefined;
    const answer = this.loadBeside(wasm, part);
    if (answer === Reload.Done && !part) {
      this.pending = this.beside;
      this.beside = undefined;
    }
    this.stepSince = since === undefined ? undefined : this.now;
    this.machine.slept = 0;
    return answer;
  }

  private loadBeside(wasm: Uint8Array, part: boolean): Reload {
    if (!this.beside || !isSame(this.beside.source.wasm, wasm)) {
      this.beside = undefined;
      const { program, metered = true } = this.options;
      // One of its own: the same bytes may run twice, and only the first of them came with the image.
      const same = [this.running, program].find((each) => isSame(each.wasm, wasm));
      const source = { wasm, sourceMap: same?.sourceMap ?? '' };
      const loaded = loadSent(this.machine, source, metered);
      if (!(loaded instanceof Program)) return loaded;
      const { before, behind } = reloadInstructions(wasm);
      this.beside = { program: loaded, source, left: behind };
      this.cpu.spend(before);
      if (part) return Reload.More;
    }
    const now = part ? Math.min(this.beside.left, PRELOAD_INSTRUCTIONS) : this.beside.left;
    this.beside.left -= now;
    this.cpu.spend(now);
    return this.beside.left > 0 ? Reload.More : Reload.Done;
  }

  private swap({ program, source }: { program: Program; source: ProgramSource }): void {
    this.pending = undefined;
    this.previous = this.running === this.options.program ? undefined : this.running;
    this.begin(program, source, Ended.Planned);
  }

  private begin(program: Program | Ending, source: ProgramSource, ended: Ended): void {
    this.program = program;
    this.running = source;
    this.machine.facts.set(Info.LastFault, BigInt(ended));
    this.probation = source === this.options.program ? 0 : this.now + PROBATION;
    this.started = false;
    this.deadline = 0n;
    this.kernel.forget();
    if (program instanceof Program) program.takeOver();
  }

  private goBack(ended: Ended): void {
    const source = this.previous ?? this.options.program;
    this.machine.cut = undefined;
    this.previous = undefined;
    this.pending = undefined;
    this.beside = undefined;
    const { metered = true } = this.options;
    const { before, behind } = bootInstructions(source.wasm);
    this.begin(loadProgram(this.machine, source, metered), source, ended);
    this.cpu.spend(before - BOOT.fixed);
    this.behindStart = behind;
  }

  private supervised<Result>(run: (limit: Time) => Result): Result {
    this.stepSince = this.now;
    this.kernel.lateSince ??= this.now;
    this.machine.cut = undefined;
    this.machine.slept = 0;
    const { limit } = this;
    // One that is set for an earlier step rings too soon and is set again: steps are many.
    if (this.watch.at === NEVER || this.watch.at > this.now + limit) this.watch.set(this.now + limit);
    try {
      return run(limit);
    } finally {
      this.stepSince = undefined;
    }
  }

  /** What a start or step may take; on probation without what it waits. */
  private get limit(): Time {
    return this.now < this.probation ? PROBATION_LIMIT : STEP_LIMIT;
  }

  private supervise(): void {
    if (this.stepSince === undefined) return;
    const { slept, waitsSince = this.now } = this.machine;
    const due = this.stepSince + Math.min(STEP_LIMIT, this.limit + slept + this.now - waitsSince);
    if (this.now < due) this.watch.set(due);
    else this.machine.cut ??= 'hang';
  }

  /** The watchdog has ended: nothing of this chip goes on. */
  private reset(exit: Exit.Restart | Exit.PowerOff): void {
    this.ended ??= { kind: 'exit', exit, status: 0 };
    this.machine.cut = exit;
  }

  private took(ending: Ending | undefined): void {
    if (!ending || this.ended) return;
    if (ending.kind === 'exit') {
      this.kernel.drain();
      this.ended = { kind: 'exit', exit: ending.exit, status: ending.status };
      return;
    }
    if (ending.kind === 'chain') {
      this.kernel.drain();
      this.ended = { ...ending, status: 0 };
      return;
    }
    const lines = [
      '',
      `fault kind=${ending.report}`,
      ...frameLines(ending.frames),
      `fault end build=${this.options.buildId ?? '0'.repeat(16)}`,
      '',
    ];
    const report = Uint8Array.from(lines.join('\r\n'), (letter) => letter.charCodeAt(0));
    keepReport(this.memory, report.subarray(2));
    if (this.running !== this.options.program) {
      this.kernel.report(report);
      this.goBack(endedOf(ending.report));
      return;
    }
    this.kernel.drain(report);
    this.ended = { kind: 'fault', status: 1 };
  }

  private flushConsole(): void {
    if (this.console.length === 0) return;
    const bytes = Uint8Array.from(this.console);
    this.console = [];
    this.options.onConsole?.(bytes);
  }
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i]);

/** How a module ended, by the report's first field. */
const endedOf = (report: string): Ended => {
  if (report.startsWith('hang')) return Ended.Hang;
  return report.startsWith('data-abort') ? Ended.Exception : Ended.Trap;
};

const INNER_FRAMES = 48;
const OUTER_FRAMES = 16;

/** The call stack as boot/backtrace.S prints it: of a deep one the middle is left out. */
function frameLines(offsets: readonly number[]): string[] {
  const lines = offsets.map((offset) => `  wasm +0x${offset.toString(16).padStart(8, '0')}`);
  const more = offsets.length - INNER_FRAMES - OUTER_FRAMES;
  return more > 0 ? lines.toSpliced(INNER_FRAMES, more, `  wasm more=${more}`) : lines;
}
