// A virtual Pi with the player at the other end of a page's serial port, in real time: the UART has both sides' rates.

import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { Deframer } from '../../host-tools/link/deframer.js';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import { AudioRig } from '../link/audio-rig.js';
import { archive, ini } from '../player/program-rig.js';
import { stubSerial, type PagePort } from './serial-stub.js';

/** Time passes in pieces no longer than that, between which the page has its turn; a slow machine falls behind the clock. */
const MOST_MS = 8;
/** So many pieces are waited for its end: at a wrong rate there may be none. */
const MOST_KEPT = 8;
const BOOT_MS = 300;

export class VirtualPort {
  readonly rig: AudioRig;
  /** The highest rate that the adapter makes. */
  highest = Infinity;
  /** Why it cannot be opened at all. */
  held: string | undefined;
  /** Of the options that it was opened with. */
  readonly opened: SerialOptions[] = [];
  closed = 0;
  /** Somebody else at the other end, who takes what the page writes. */
  instead: ((bytes: Uint8Array) => void) | undefined;
  /** In the page; there once `stub` was called. */
  port!: PagePort;
  private runs = true;
  private readonly said: Uint8Array[] = [];
  private readonly texts: Uint8Array[] = [];
  /** Tells what is between frames. */
  private readonly deframer = new Deframer({ frame: () => undefined, text: () => undefined });
  private kept = 0;
  /** Begins when the port is opened first: a machine that runs takes time from the page that is loaded. */
  private running: Promise<void> | undefined;

  constructor(program: ProgramSource) {
    this.rig = new AudioRig(program, archive(ini('volume_db = 0', 'records = on', 'demo = off')));
    this.rig.pass(BOOT_MS);
    this.rig.transport.onBytes = (bytes) => {
      this.said.push(bytes);
      this.deframer.push(bytes);
      if (!this.deframer.collecting) this.said.push(...this.texts.splice(0));
    };
  }

  async stub(page: Page): Promise<void> {
    this.port = await stubSerial(page, {
      open: async (options) => {
        if (this.held !== undefined) throw new Error(this.held);
        if (options.baudRate > this.highest) throw new Error('Failed to open serial port.');
        this.opened.push(options);
        this.running ??= this.run();
        await this.rig.transport.setBaud(options.baudRate);
      },
      write: (bytes) => {
        if (this.instead) this.instead(bytes);
        else void this.rig.transport.write(bytes);
      },
      close: () => void this.closed++,
    });
  }

  /** Text from the board that no program of it would send; between its frames. */
  say(text: string): void {
    this.texts.push(Buffer.from(text, 'latin1'));
  }

  async stop(): Promise<void> {
    this.runs = false;
    await this.running;
  }

  private async run(): Promise<void> {
    let last = performance.now();
    while (this.runs) {
      const now = performance.now();
      const passed = Math.min(now - last, MOST_MS);
      last = now;
      this.rig.pi.runTo(this.rig.pi.now + passed * MILLISECOND);
      // A frame comes in one piece, however slow this machine is.
      const said = this.deframer.collecting && ++this.kept < MOST_KEPT ? [] : this.said.splice(0);
      if (said.length > 0) this.kept = 0;
      // A page that has no turn on a busy machine must not be late in the board's time, and goes on sending in its turns.
      await (said.length > 0 ? this.port.take(Buffer.concat(said)) : this.port.turn());
      await pause(1);
    }
  }
}
