// One stream of sound to the device (docs/link.md, Audio): its messages, and how much may be sent.

import { AudioFormat, AudioOp, Channel, LinkError } from '../../firmware/link/protocol.js';
import { printable, Problem } from '../problem.js';
import { realClock, type Clock } from './clock.js';

/** What a stream needs of a link. */
export interface AudioLink {
  /** Bytes of a message that suit the line. */
  readonly payloadBytes: number;
  /** Resolves when there was room for it. */
  send(channel: Channel, payload: Uint8Array): Promise<void>;
  receive(channel: Channel, take: (payload: Uint8Array) => void): unknown;
  /** Settles when the session has ended. */
  readonly closed: Promise<{ readonly problem: Problem | undefined }>;
  readonly transport: { readonly clock?: Clock | undefined };
}

export interface StreamOptions {
  format: AudioFormat;
  rateHz: number;
  channels: number;
  /** What has to wait on the device before it sounds. */
  startMs: number;
  live: boolean;
  /** For people at the device's console. */
  name: string;
}

export interface StreamStatus {
  /** Bytes that wait on the device, and milliseconds of them. */
  waitingBytes: number;
  fillMs: number;
  /** Frame heard last: counted from Open, or from what the last Flush said. */
  heard: number;
  underruns: number;
  /** Times that nothing was left to play. */
  dry: number;
  /** The least that waited since 350 ms did; undefined before. */
  lowestMs: number | undefined;
  /** Whether it is filled before it sounds. */
  isWaiting: boolean;
}

export type StreamEnd = Pick<StreamStatus, 'heard' | 'underruns' | 'dry' | 'lowestMs'>;

const OPENED_BYTES = 9;
const STATUS_BYTES = 32;
const ENDED_BYTES = 19;
const NAME_BYTES = 96;
const NO_LOWEST = 0xffff;
/** A device that has not answered for so long has no player. */
const ANSWER_MS = 5000;
const UNTOLD: StreamStatus = {
  waitingBytes: 0,
  fillMs: 0,
  heard: 0,
  underruns: 0,
  dry: 0,
  lowestMs: undefined,
  isWaiting: true,
};

export class AudioStream {
  /** Bytes that may be on their way and in the device at a time. */
  buffer = 0;
  /** Frames a second that the jack makes. */
  jackHz = 0;
  /** As the device told it last; after a flush not before it knows of that. */
  status = UNTOLD;
  ended: StreamEnd | undefined;
  failed: Problem | undefined;
  /** Bytes of sound, modulo 2^32. */
  private sent = 0;
  private taken = 0;
  private flushes = 0;

  /** `changed` is called when one of the fields above has. */
  private constructor(
    private readonly link: AudioLink,
    private readonly changed: () => void,
  ) {}

  /** Opens a stream. Throws Problem when the device refuses, or does not answer. */
  static async open(link: AudioLink, options: StreamOptions, changed: () => void): Promise<AudioStream> {
    let answered = (): void => undefined;
    const answer = new Promise<void>((resolve) => (answered = resolve));
    const stream = new AudioStream(link, () => {
      if (stream.buffer > 0 || stream.failed) answered();
      changed();
    });
    link.receive(Channel.Audio, (payload) => stream.take(Buffer.from(payload)));
    const head = Buffer.alloc(10);
    head[0] = AudioOp.Open;
    head[1] = options.format;
    head[2] = options.channels;
    head.writeUInt16LE(Math.min(options.startMs, 0xffff), 3);
    head.writeUInt32LE(options.rateHz, 5);
    head[9] = options.live ? 1 : 0;
    await link.send(Channel.Audio, Buffer.concat([head, Buffer.from(options.name).subarray(0, NAME_BYTES)]));
    const clock = link.transport.clock ?? realClock;
    const over = clock.at(clock.now() + ANSWER_MS, () => {
      stream.failed = new Problem('refused', 'the device does not answer to sound', {
        hint: 'its firmware has no player: install one of this version',
      });
      answered();
    });
    void link.closed.then(({ problem }) => {
      stream.failed ??= problem ?? new Problem('refused', 'the session has ended');
      stream.changed();
    });
    await answer;
    over();
    // Read anew: it was set meanwhile.
    const problem = stream.failed as Problem | undefined;
    if (problem) throw problem;
    return stream;
  }

  /** Bytes of Data that may be sent now. */
  get room(): number {
    return this.buffer - ((this.sent - this.taken) >>> 0);
  }

  /** At most `room`, and `payloadBytes` - 1. */
  async data(bytes: Uint8Array): Promise<void> {
    this.sent = (this.sent + bytes.length) >>> 0;
    const message = new Uint8Array(1 + bytes.length);
    message[0] = AudioOp.Data;
    message.set(bytes, 1);
    await this.link.send(Channel.Audio, message);
  }

  end(): Promise<void> {
    return this.link.send(Channel.Audio, Uint8Array.of(AudioOp.End));
  }

  /** Stops and throws away what waits; `ended` comes. */
  close(): Promise<void> {
    return this.link.send(Channel.Audio, Uint8Array.of(AudioOp.Close));
  }

  pause(on: boolean): Promise<void> {
    return this.link.send(Channel.Audio, Uint8Array.of(AudioOp.Pause, on ? 1 : 0));
  }

  /** Throws away what waits; the next data begin at `frame`, below 2^32. */
  flush(frame: number): Promise<void> {
    this.flushes = (this.flushes + 1) & 0xffff;
    this.status = { ...this.status, heard: frame, fillMs: 0, waitingBytes: 0, isWaiting: true };
    const message = Buffer.alloc(5);
    message[0] = AudioOp.Flush;
    message.writeUInt32LE(frame, 1);
    return this.link.send(Channel.Audio, message);
  }

  private take(message: Buffer): void {
    const [op] = message;
    if (op === AudioOp.Opened && message.length >= OPENED_BYTES) {
      this.buffer = message.readUInt32LE(1);
      this.jackHz = message.readUInt32LE(5) / 1000;
    } else if (op === AudioOp.Status && message.length >= STATUS_BYTES) {
      this.taken = message.readUInt32LE(1);
      // One that was under way when a flush was sent still tells of what was before.
      if (message.readUInt16LE(29) === this.flushes)
        this.status = {
          waitingBytes: message.readUInt32LE(5),
          heard: Number(message.readBigUInt64LE(9)),
          fillMs: message.readUInt16LE(17),
          underruns: message.readUInt32LE(19),
          dry: message.readUInt32LE(23),
          lowestMs: lowest(message.readUInt16LE(27)),
          isWaiting: message[31] === 1,
        };
    } else if (op === AudioOp.Ended && message.length >= ENDED_BYTES) {
      this.ended = {
        heard: Number(message.readBigUInt64LE(1)),
        underruns: message.readUInt32LE(9),
        dry: message.readUInt32LE(13),
        lowestMs: lowest(message.readUInt16LE(17)),
      };
    } else if (op === AudioOp.Failed && message.length >= 2) {
      const text = printable(message.toString('latin1', 2)) || 'it does not say why';
      const code = message[1] === LinkError.Format ? 'unsupported-media' : 'refused';
      this.failed = new Problem(code, `the device does not play it: ${text}`);
    }
    this.changed();
  }
}

const lowest = (ms: number): number | undefined => (ms === NO_LOWEST ? undefined : ms);
