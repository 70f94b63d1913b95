// The sound output: the audio thread that takes the machine's samples, and recordings of what it has taken.

import { Recording, type Piece } from './recording.js';
import { SoundRing } from './sound-ring.js';

/** How long the audio thread may take to begin before the clock sets the pace. */
const PATIENCE_MS = 2000;

type FromJack = { done: true } | Piece;

export class SoundOutput {
  readonly ring = new SoundRing();
  /** Undefined before it was opened. */
  context: AudioContext | undefined;
  /** Whether sound comes out. */
  runs = false;
  private jack: AudioWorkletNode | undefined;
  private opening: Promise<AudioContext> | undefined;
  /** Those that the audio thread has not ended yet, oldest first, with who gets them. */
  private readonly recordings: { recording: Recording; take: (recording: Recording) => void; ending: boolean }[] = [];

  /** `changed` hears that sound comes out, or does no more. */
  constructor(private readonly changed: () => void) {}

  /** Opens it, once, and starts it; from a click, since browsers let no sound begin by itself. Throws what they throw. */
  async start(): Promise<AudioContext> {
    // One alone: two readers would share the samples between them.
    this.opening ??= this.open();
    const context = await this.opening.catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]).catch(
      () => undefined,
    );
    this.runs = context.state === 'running';
    return context;
  }

  /** Records from the next sample on; `take` gets it when it was ended or is full. Throws Error: there is no sound. */
  async record(take: (recording: Recording) => void): Promise<void> {
    const { sampleRate } = await this.start();
    if (!this.runs) throw new Error('no sound comes out of this browser');
    this.recordings.push({ recording: new Recording(sampleRate), take, ending: false });
    this.jack?.port.postMessage({ record: true });
  }

  endRecording(): void {
    const last = this.recordings.at(-1);
    if (!last || last.ending) return;
    last.ending = true;
    this.jack?.port.postMessage({ record: false });
  }

  private async open(): Promise<AudioContext> {
    const context = new AudioContext({ latencyHint: 'interactive' });
    try {
      await context.audioWorklet.addModule('/sound.js');
    } catch (error) {
      await context.close();
      throw error;
    }
    const jack = new AudioWorkletNode(context, 'jack', {
      numberOfInputs: 0,
      outputChannelCount: [2],
      processorOptions: { ring: this.ring.shared },
    });
    jack.connect(context.destination);
    jack.port.onmessage = ({ data }: MessageEvent<FromJack>): void => this.take(data);
    context.onstatechange = (): void => {
      this.runs = context.state === 'running';
      this.changed();
    };
    this.jack = jack;
    this.context = context;
    return context;
  }

  private take(message: FromJack): void {
    const [first] = this.recordings;
    if (!first) return;
    if (!('done' in message)) {
      if (!first.recording.add(message)) this.endRecording();
      return;
    }
    this.recordings.shift();
    first.take(first.recording);
  }
}
