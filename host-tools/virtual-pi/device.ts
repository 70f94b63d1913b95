// What a device block is to the rest of the machine: registers at an address, lines to others.

import type { Findings } from './findings.js';
import type { Register } from './registers.js';
import type { Time } from './time.js';
import type { Timeline } from './timeline.js';

/** What every device gets. */
export interface Chip {
  readonly timeline: Timeline;
  readonly findings: Findings;
}

/**
 * A block of registers. The bus has checked that the register exists, that it may be read or written and that no
 * reserved bit is set (each is a finding, and the access goes on all the same); values are unsigned 32-bit numbers.
 * Whoever calls has run the timeline up to the time of the access.
 */
export interface Device {
  /** As the manual calls it: `PWM1`. */
  readonly name: string;
  /** As the ARM sees it: 0xFE……. */
  readonly base: number;
  readonly bytes: number;
  readonly registers: readonly Register[];
  read(offset: number): number;
  write(offset: number, value: number): void;
  /** What a read would give, with no effect. */
  peek(offset: number): number;
}

/** A level on a wire: an interrupt, an edge of a pin. */
export class Line {
  level = false;
  private readonly watchers: ((level: boolean) => void)[] = [];

  /** Calls `watcher` at each change. */
  watch(watcher: (level: boolean) => void): void {
    this.watchers.push(watcher);
  }

  set(level: boolean): void {
    if (level === this.level) return;
    this.level = level;
    for (const watcher of this.watchers) watcher(level);
  }
}

/** One line that is high while any of these is: the interrupt that blocks share. */
export function sharedLine(lines: readonly Line[]): Line {
  const shared = new Line();
  const update = (): void => {
    shared.set(lines.some(({ level }) => level));
  };
  for (const line of lines) line.watch(update);
  update();
  return shared;
}

/** A peripheral that paces a DMA engine. */
export interface DreqSource {
  /** The number of its DREQ (PERMAP). */
  readonly dreq: number;
  /** When the peripheral asks, or will ask if nothing is written to it: `at` or later; NEVER when it cannot be told. */
  dreqAt(at: Time): Time;
  /** A word from the engine at time `at`, which never goes back; for a register of its block. */
  dmaWrite(offset: number, value: number, at: Time): void;
  /** A word for the engine. */
  dmaRead(offset: number, at: Time): number;
  /** NEVER was answered and things are different now: the engine asks again. Set by the engine. */
  onDreq?: () => void;
}
