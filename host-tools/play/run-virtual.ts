// One run on the virtual Pi: the same as a run of the emulator (run-player.ts) to who follows it. The machine runs in
// this process, in slices, so that keys, Ctrl-C and the progress line have their turns.

import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { JackCapture } from '../capture/jack.js';
import { Problem } from '../problem.js';
import { restartsOnFault } from '../virtual-pi/board/crash-record.js';
import { FaultRun } from '../virtual-pi/faults/fault-run.js';
import type { FaultScript } from '../virtual-pi/faults/faults.js';
import { formatFinding } from '../virtual-pi/findings.js';
import { MILLISECOND, NEVER, SECOND, toMs, type Time } from '../virtual-pi/time.js';
import { VirtualPi, type PiEnd, type VirtualPiOptions } from '../virtual-pi/virtual-pi.js';
import { Boot, Exit } from '../../drivers/board-keys.js';
import type { LineServer } from '../link/line-server.js';
import { DeviceConsole } from './device-console.js';
import type { VirtualReport } from './report.js';
import type { Run, RunEnd, RunEvents } from './run-player.js';

/** Host milliseconds after which others have their turn, and virtual ones between two looks at the clock. */
const SLICE_MS = 10;
const GRAIN_MS = 5;
const TICK_MS = 100;
/** How long to sleep when the machine is ahead of the clock, or its listener is full. */
const REST_MS = 3;

/** A boot that follows another one. */
export type NextBoot = Pick<VirtualPiOptions, 'program' | 'buildId' | 'ramDisk' | 'card'>;

export interface VirtualRunOptions extends Pick<
  VirtualPiOptions,
  'program' | 'buildId' | 'ramDisk' | 'metered' | 'card' | 'pins'
> {
  /** Receives the words; without it they are not read. */
  capture?: JackCapture | undefined;
  /** Virtual time keeps to the host's clock; while somebody has the line it does so anyway, for who waits there does. */
  realtime?: boolean | undefined;
  keys?: AsyncIterable<Uint8Array> | undefined;
  signal?: AbortSignal | undefined;
  /** Virtual seconds after which it is ended, on every host at the same place; default: none. */
  virtualSeconds?: number | undefined;
  /** Real seconds after which it is ended; default: none. */
  limitSeconds?: number | undefined;
  /** Whether the console carries records; default: it does. */
  records?: boolean | undefined;
  /** Offers the serial line to others; its frames are then kept from the console. */
  line?: LineServer | undefined;
  /**
   * What boots when the board has been reset, by a fault too, or has gone to another kernel image; undefined ends the run,
   * as does the Problem that it may throw. Default: the run ends there.
   */
  nextBoot?: ((end: PiEnd) => NextBoot | undefined) | undefined;
  /** What goes wrong, and when; of the first boot. */
  faults?: FaultScript | undefined;
  /** Called with the machine before its first step: taps. */
  prepare?: ((pi: VirtualPi) => void) | undefined;
}

/** Powers the machine on; a module that is refused is a fault of the run. */
export function startVirtualRun(options: VirtualRunOptions, events: RunEvents): Run {
  return new VirtualRunState(options, events);
}

/** Why another boot follows an end; undefined when none does. */
function bootReason({ ended, memory, now }: VirtualPi): Boot.Watchdog | Boot.Chain | undefined {
  if (ended?.kind === 'chain') return Boot.Chain;
  const restarts = ended?.kind === 'exit' ? ended.exit === Exit.Restart : restartsOnFault(memory, now);
  return restarts ? Boot.Watchdog : undefined;
}

class VirtualRunState implements Run {
  private pi: VirtualPi;
  /** Of the boots before this one: when this one began, and what was found and went wrong. */
  private began: Time = 0;
  private readonly findings: string[] = [];
  private underruns = 0;
  private fill: { lowest: number; highest: number } | null = null;
  readonly ended: Promise<RunEnd>;
  private readonly console: DeviceConsole;
  private readonly faults: FaultRun | undefined;
  private over = false;
  private interrupted = false;
  private touched = false;
  private paused = false;
  private overtime = false;
  /** Since when virtual time keeps to the host's, in milliseconds of that and in virtual time. */
  private paced: { host: number; virtual: Time } | undefined;

  constructor(
    private readonly options: VirtualRunOptions,
    private readonly events: RunEvents,
  ) {
    this.console = new DeviceConsole(events, options.records, options.line);
    if (options.line) options.line.onBytes = (bytes) => this.type(bytes);
    this.pi = this.boot(options);
    if (options.faults) this.faults = new FaultRun(this.pi, options.faults);
    options.prepare?.(this.pi);
    this.ended = this.follow();
  }

  private boot(options: VirtualPiOptions): VirtualPi {
    const { capture: words } = this.options;
    return new VirtualPi({ ...options, words, onConsole: (bytes) => this.console.push(bytes) });
  }

  /** Boots again, if another boot follows. Throws Problem. */
  private reboot(): boolean {
    const { pi, options } = this;
    if (!pi.ended) return false;
    const reason = bootReason(pi);
    const next = reason && options.nextBoot?.(pi.ended);
    if (!reason || !next) return false;
    const { findings, hardwareUnderruns, ringFillMs } = this.report();
    this.findings.splice(0, Infinity, ...findings);
    this.underruns = hardwareUnderruns;
    this.fill = ringFillMs;
    this.began += pi.now;
    const warm = { reason, window: pi.memory.copyWindow() };
    this.pi = this.boot({ ...options, ...next, warm });
    return true;
  }

  /** Virtual time since the first power on. */
  private get now(): Time {
    return this.began + this.pi.now;
  }

  /** Bytes for the UART, at the rate that it has been programmed to: neither keys nor a socket have one of their own. */
  private type(bytes: Uint8Array): void {
    const { pi } = this;
    const { bit, peer } = pi.blocks.uart;
    if (bit !== NEVER) peer.baud = SECOND / bit;
    pi.type(bytes);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  stop(): void {
    this.over = true;
  }

  private async follow(): Promise<RunEnd> {
    const { signal, limitSeconds = Infinity, virtualSeconds = Infinity } = this.options;
    const abort = (): void => {
      this.interrupted = true;
      this.stop();
    };
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    void this.sendKeys();
    try {
      const began = performance.now();
      await this.runSlices(began, limitSeconds * 1000, virtualSeconds * 1000 * MILLISECOND);
      this.console.end();
      if (this.overtime && !this.over)
        this.events.problem(
          toMs(this.now) < virtualSeconds * 1000
            ? new Problem('time-limit', `the virtual Pi was ended after ${Math.ceil(limitSeconds)} s`, {
                hint: 'it is at most as fast as this machine lets it be',
              })
            : new Problem(
                'time-limit',
                `nothing came to an end within ${Math.ceil(virtualSeconds)} s of virtual time`,
                { hint: 'is the player paused?' },
              ),
        );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!this.over) this.events.problem(error);
    } finally {
      this.over = true;
      signal?.removeEventListener('abort', abort);
    }
    return {
      emulator: { status: this.pi.ended?.status, signal: undefined, overtime: this.overtime, said: '' },
      fault: this.console.fault,
      interrupted: this.interrupted,
      touched: this.touched,
      virtual: this.report(),
    };
  }

  private report(): VirtualReport {
    const { pi } = this;
    const { fill } = pi.jack;
    const { lowest = Infinity, highest = -Infinity } = this.fill ?? {};
    const { faults = [], endless } = this.options.faults ?? {};
    const happened = faults.slice(0, this.faults?.happened ?? 0);
    return {
      hardwareUnderruns: this.underruns + pi.hardwareUnderruns,
      ringFillMs: fill
        ? { lowest: Math.min(lowest, fill.lowestMs), highest: Math.max(highest, fill.highestMs) }
        : this.fill,
      findings: [...this.findings, ...pi.findings.list.map(formatFinding)],
      faults: happened.map(({ atMs, fault, values }) => ({ atMs, fault, ...values })),
      faultsLeft: endless ? 0 : faults.length - happened.length,
      virtualMs: toMs(this.now),
    };
  }

  /** `limit`: host milliseconds. `last`: virtual time. */
  private async runSlices(began: number, limit: number, last: Time): Promise<void> {
    let ticked = began;
    /** Host milliseconds that did not count: the listener was full. */
    let rested = 0;
    while (!this.over) {
      const { pi } = this;
      const from = performance.now();
      while (!this.over && !pi.ended && !this.paused && this.now < last && performance.now() - from < SLICE_MS) {
        if (this.isAhead()) break;
        pi.runTo(Math.min(last - this.began, pi.now + GRAIN_MS * MILLISECOND));
      }
      const now = performance.now();
      if (now - ticked >= TICK_MS) {
        ticked = now;
        this.events.tick();
      }
      if (this.over || (pi.ended && !this.reboot())) return;
      if (this.now >= last || now - began - rested > limit) {
        this.overtime = true;
        return;
      }
      if (this.paused || this.isAhead()) {
        await sleep(REST_MS);
        if (this.paused) rested += performance.now() - now;
      } else await setImmediate();
    }
  }

  /** Whether virtual time keeps to the host's and has come as far. */
  private isAhead(): boolean {
    const { realtime, line } = this.options;
    if (this.paused || !(realtime || line?.isTaken)) {
      this.paced = undefined;
      return false;
    }
    const host = performance.now();
    this.paced ??= { host, virtual: this.now };
    return toMs(this.now - this.paced.virtual) > host - this.paced.host;
  }

  private async sendKeys(): Promise<void> {
    for await (const bytes of this.options.keys ?? []) {
      if (this.over) return;
      this.touched = true;
      this.type(bytes);
    }
  }
}
