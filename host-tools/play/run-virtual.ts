// One run on the virtual Pi: the same as a run of the emulator (run-player.ts) to who follows it. The machine runs in
// this process, in slices, so that keys, Ctrl-C and the progress line have their turns.

import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { JackCapture } from '../capture/jack.js';
import { Problem } from '../problem.js';
import { FaultRun } from '../virtual-pi/faults/fault-run.js';
import type { FaultScript } from '../virtual-pi/faults/faults.js';
import { formatFinding } from '../virtual-pi/findings.js';
import { MILLISECOND, toMs, type Time } from '../virtual-pi/time.js';
import { VirtualPi, type VirtualPiOptions } from '../virtual-pi/virtual-pi.js';
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

export interface VirtualRunOptions extends Pick<
  VirtualPiOptions,
  'program' | 'buildId' | 'ramDisk' | 'metered' | 'card' | 'pins'
> {
  /** Receives the words; without it they are not read. */
  capture?: JackCapture | undefined;
  /** Virtual time keeps to the host's clock. */
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
  /** What goes wrong, and when. */
  faults?: FaultScript | undefined;
  /** Called with the machine before its first step: taps. */
  prepare?: ((pi: VirtualPi) => void) | undefined;
}

/** What a virtual run tells beside what every run does. */
export interface VirtualRun extends Run {
  readonly pi: VirtualPi;
}

/** Powers the machine on; a module that is refused is a fault of the run. */
export function startVirtualRun(options: VirtualRunOptions, events: RunEvents): VirtualRun {
  return new VirtualRunState(options, events);
}

class VirtualRunState implements VirtualRun {
  readonly pi: VirtualPi;
  readonly ended: Promise<RunEnd>;
  private readonly console: DeviceConsole;
  private readonly faults: FaultRun | undefined;
  private over = false;
  private interrupted = false;
  private touched = false;
  private paused = false;
  private overtime = false;

  constructor(
    private readonly options: VirtualRunOptions,
    private readonly events: RunEvents,
  ) {
    this.console = new DeviceConsole(events, options.records, options.line);
    if (options.line) options.line.onBytes = (bytes) => this.pi.type(bytes);
    this.pi = new VirtualPi({
      ...options,
      words: options.capture,
      onConsole: (bytes) => this.console.push(bytes),
    });
    if (options.faults) this.faults = new FaultRun(this.pi, options.faults);
    options.prepare?.(this.pi);
    this.ended = this.follow();
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
          toMs(this.pi.now) < virtualSeconds * 1000
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
    const { faults = [], endless } = this.options.faults ?? {};
    const happened = faults.slice(0, this.faults?.happened ?? 0);
    return {
      hardwareUnderruns: pi.hardwareUnderruns,
      ringFillMs: fill ? { lowest: fill.lowestMs, highest: fill.highestMs } : null,
      findings: pi.findings.list.map(formatFinding),
      faults: happened.map(({ atMs, fault, values }) => ({ atMs, fault, ...values })),
      faultsLeft: endless ? 0 : faults.length - happened.length,
      virtualMs: toMs(pi.now),
    };
  }

  /** `limit`: host milliseconds. `last`: virtual time. */
  private async runSlices(began: number, limit: number, last: Time): Promise<void> {
    const { pi } = this;
    let ticked = began;
    /** Host milliseconds that did not count: the listener was full. */
    let rested = 0;
    while (!this.over && !pi.ended) {
      const from = performance.now();
      while (!this.over && !pi.ended && !this.paused && pi.now < last && performance.now() - from < SLICE_MS) {
        if (this.options.realtime && toMs(pi.now) > performance.now() - began - rested) break;
        pi.runTo(Math.min(last, pi.now + GRAIN_MS * MILLISECOND));
      }
      const now = performance.now();
      if (now - ticked >= TICK_MS) {
        ticked = now;
        this.events.tick();
      }
      if (pi.ended || this.over) return;
      if (pi.now >= last || now - began - rested > limit) {
        this.overtime = true;
        return;
      }
      if (this.paused || this.options.realtime) {
        await sleep(REST_MS);
        if (this.paused) rested += performance.now() - now;
      } else await setImmediate();
    }
  }

  private async sendKeys(): Promise<void> {
    for await (const bytes of this.options.keys ?? []) {
      if (this.over) return;
      this.touched = true;
      this.pi.type(bytes);
    }
  }
}
