// The player on a virtual Pi at the other end of a link, and what reaches its jack.

import type { WordEvents } from '../../host-tools/capture/ring.js';
import { Link } from '../../host-tools/link/link.js';
import { openEarly, type PushTrack } from '../../host-tools/link/push-tracks.js';
import type { PushEvent, PushOptions, PushReport } from '../../host-tools/link/push-events.js';
import { Push } from '../../host-tools/link/push.js';
import { VirtualTransport, whilePassing } from '../../host-tools/link/virtual.js';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';

/** What the capture calls a stream (firmware/link/audio-stream.ts). */
export const STREAM = 0xffff;

export interface Block {
  kind: number;
  track: number;
  words: number[];
  ms: number;
}

export class AudioRig implements WordEvents {
  readonly pi: VirtualPi;
  readonly transport: VirtualTransport;
  readonly blocks: Block[] = [];
  text = '';
  private track = -1;

  constructor(program: ProgramSource, ramDisk: Uint8Array) {
    this.pi = new VirtualPi({ program, ramDisk, words: this });
    this.transport = new VirtualTransport(this.pi);
  }

  block(words: Uint32Array, kind: number): void {
    this.blocks.push({ kind, track: this.track, words: [...words], ms: this.ms });
  }

  register(offset: number, value: number): void {
    if (offset === 0x68) this.track = value;
  }

  get ms(): number {
    return this.pi.now / MILLISECOND;
  }

  /** Lets virtual time pass until a promise settles. */
  until<T>(waited: Promise<T>, limitMs = 120_000): Promise<T> {
    return whilePassing(this.pi, waited, limitMs);
  }

  /** Lets virtual time pass. */
  pass(ms: number): void {
    this.pi.runTo(this.pi.now + ms * MILLISECOND);
  }

  async connect(baud: number): Promise<Link> {
    const link = await this.until(
      Link.connect(this.transport, { onText: (bytes) => (this.text += Buffer.from(bytes).toString('latin1')) }),
    );
    if ((await this.until(link.setBaud(baud))) !== baud) throw new Error('the rate was not taken');
    return link;
  }

  async push(
    link: Link,
    tracks: PushTrack[],
    options: PushOptions,
    on: (event: PushEvent, push: Push) => void = () => undefined,
  ): Promise<{ report: PushReport; events: PushEvent[]; startMs: number }> {
    const early = tracks.slice(0, 1).map(openEarly);
    await Promise.allSettled(early.map(({ opened }) => opened));
    const push = new Push(link, [...early, ...tracks.slice(1)], options);
    const events: PushEvent[] = [];
    const startMs = this.ms;
    const work = async (): Promise<PushReport> => {
      const run = push.run();
      for (;;) {
        const { done, value } = await run.next();
        if (done) return value;
        events.push(value);
        on(value, push);
      }
    };
    return { report: await this.until(work()), events, startMs };
  }

  /** When the first sample of all left the jack, in virtual milliseconds: of a program whose records are on. */
  get firstSampleMs(): number {
    const [, ticks, rate] = /"event":"first","ticks":(\d+),"rate":(\d+)/.exec(this.text) ?? [];
    return (Number(ticks) * 1000) / Number(rate);
  }

  /** Types, as at a terminal. */
  type(keys: string): void {
    this.pi.type(Buffer.from(keys, 'latin1'));
  }

  /** How likely each bit to the device is turned over. */
  set noise(probability: number) {
    this.pi.blocks.uart.noise = probability;
  }

  trackWords(track?: number): number[] {
    return this.blocks
      .filter((block) => block.kind === 1 && (track === undefined || block.track === track))
      .flatMap(({ words }) => words);
  }
}
