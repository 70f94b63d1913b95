// A board in the emulator whose kernel may change while it is off: when its guest resets it, another QEMU takes over its
// memory and boots what is to be booted then. QEMU's own reset has only the kernel that it was started with.

import { PassThrough, Writable } from 'node:stream';
import type { MachineOptions } from './arguments.js';
import { startEmulator, type Emulator, type EmulatorEnd, type EmulatorOptions } from './emulator.js';
import { makeMemory } from './memory.js';

/** What may be another at each boot. */
export type BootOptions = Pick<MachineOptions, 'kernel' | 'ramDisk' | 'extra'>;

/**
 * Powers a board on. `nextBoot` is asked at each reset, when nothing runs, and may throw Problem, which ends the board and
 * is what `ended` rejects with. `limitSeconds` counts from power on. Throws Problem.
 */
export async function startBoard(options: EmulatorOptions, nextBoot: () => BootOptions): Promise<Emulator> {
  const memory = makeMemory(options.scratch, options.ramDisk, options.capture ? options : undefined);
  try {
    const first = await startEmulator({ ...options, resets: false, memory, tellsReset: true });
    const board = new Board(options, nextBoot, first);
    if (!options.capture) board.ended.finally(memory.close).catch(() => undefined);
    return board;
  } catch (error) {
    memory.close();
    throw error;
  }
}

class Board implements Emulator {
  readonly console = new PassThrough();
  readonly keys: Writable;
  readonly ended: Promise<EmulatorEnd>;
  private readonly began = Date.now();
  private isStopped = false;

  constructor(
    private readonly options: EmulatorOptions,
    private readonly nextBoot: () => BootOptions,
    private running: Emulator,
  ) {
    // While the board is off nobody hears them.
    this.keys = new Writable({ write: (bytes, _, done) => void this.running.keys.write(bytes, () => done()) });
    this.ended = this.follow();
    this.ended.catch(() => undefined); // whoever waits for it sees the error
  }

  get qemu(): Emulator['qemu'] {
    return this.running.qemu;
  }

  get memory(): Emulator['memory'] {
    return this.running.memory;
  }

  stop(): Promise<EmulatorEnd> {
    this.isStopped = true;
    void this.running.stop();
    return this.ended;
  }

  private async follow(): Promise<EmulatorEnd> {
    const { limitSeconds = Infinity } = this.options;
    try {
      for (;;) {
        this.running.console.pipe(this.console, { end: false });
        const end = await this.running.ended;
        const left = limitSeconds - (Date.now() - this.began) / 1000;
        if (!end.isReset || this.isStopped) return end;
        if (left <= 0) return { ...end, overtime: true };
        this.running = await startEmulator({
          ...this.options,
          ...this.nextBoot(),
          resets: false,
          memory: this.running.memory,
          tellsReset: true,
          limitSeconds: Number.isFinite(left) ? left : undefined,
        });
        // Asked for while it was being started.
        if (this.isStopped) void this.running.stop();
      }
    } finally {
      this.console.end();
    }
  }
}
