// The audio thread: takes samples out of the ring, and hands what it took to a recording.

import { SoundRing } from './sound-ring.js';

// TypeScript's DOM library leaves the worklet's own scope out.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new (options: WorkletOptions) => object): void;

interface WorkletOptions {
  processorOptions: { ring: SharedArrayBuffer };
}

/** Frames that go to a recording at once. */
const PIECE = 4096;

class Jack extends AudioWorkletProcessor {
  private readonly ring: SoundRing;
  private recording: { left: Float32Array; right: Float32Array; filled: number } | undefined;

  constructor(options: WorkletOptions) {
    super();
    this.ring = new SoundRing(options.processorOptions.ring);
    this.port.onmessage = ({ data }: MessageEvent<{ record: boolean }>): void => {
      this.hand();
      this.recording = data.record ? this.piece() : undefined;
      if (!data.record) this.port.postMessage({ done: true });
    };
  }

  process(_inputs: unknown, [output]: Float32Array[][]): boolean {
    const [left, right] = output ?? [];
    if (left && right) this.keep(left, right, this.ring.pull(left, right));
    return true;
  }

  private keep(left: Float32Array, right: Float32Array, count: number): void {
    if (!this.recording || count === 0) return;
    if (this.recording.filled + count > PIECE) {
      this.hand();
      this.recording = this.piece();
    }
    const { recording } = this;
    recording.left.set(left.subarray(0, count), recording.filled);
    recording.right.set(right.subarray(0, count), recording.filled);
    recording.filled += count;
  }

  private piece(): { left: Float32Array; right: Float32Array; filled: number } {
    return { left: new Float32Array(PIECE), right: new Float32Array(PIECE), filled: 0 };
  }

  private hand(): void {
    if (!this.recording || this.recording.filled === 0) return;
    const { left, right, filled } = this.recording;
    this.port.postMessage({ left: left.subarray(0, filled), right: right.subarray(0, filled) });
    this.recording = undefined;
  }
}

registerProcessor('jack', Jack);
