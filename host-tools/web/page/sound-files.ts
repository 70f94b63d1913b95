// Files that are to be pushed, decoded by a worker while they are sent.

import { Sound } from '../../link/sound.js';
import type { PushTrack } from '../../link/push-tracks.js';
import { Problem } from '../../problem.js';
import type { FromDecoder, ToDecoder } from './messages.js';
import { workerReason } from './page.js';

interface Opening {
  file: File;
  grew: () => void;
  opened: (sound: Sound) => void;
  failed: (problem: Problem) => void;
  sound?: Sound;
}

export class SoundFiles {
  private readonly worker = new Worker('/decoder.js', { name: 'decoder' });
  private readonly openings = new Map<number, Opening>();
  private last = 0;
  /** Why the worker answers no more. */
  private broken: string | undefined;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<FromDecoder>): void => this.take(data);
    this.worker.onerror = (event): void => {
      this.broken = workerReason(event);
      for (const { file, failed, sound } of this.openings.values()) {
        const problem = decoderProblem(file, this.broken);
        failed(problem);
        sound?.end(problem);
      }
      this.openings.clear();
    };
  }

  track(file: File): PushTrack {
    return { name: file.name, open: (grew) => this.open(file, grew) };
  }

  /** Decodes no further. */
  close(): void {
    this.worker.terminate();
  }

  private open(file: File, grew: () => void): Promise<Sound> {
    return new Promise((opened, failed) => {
      if (this.broken !== undefined) return failed(decoderProblem(file, this.broken));
      const task: ToDecoder = { id: ++this.last, file };
      this.openings.set(task.id, { file, grew, opened, failed });
      this.worker.postMessage(task);
    });
  }

  private take(message: FromDecoder): void {
    const opening = this.openings.get(message.id);
    if (!opening) return;
    switch (message.type) {
      case 'sound':
        opening.sound = this.begin(opening, message);
        return;
      case 'samples':
        opening.sound?.add(message.samples);
        // The first samples: a sound that is opened has some.
        if (opening.sound) opening.opened(opening.sound);
        return;
      case 'failed':
        opening.failed(Problem.of(message.problem));
        break;
      case 'end':
        opening.sound?.end(message.problem && Problem.of(message.problem));
        break;
    }
    this.openings.delete(message.id);
  }

  private begin({ file, grew }: Opening, { rateHz, channels, qoa }: FromDecoder & { type: 'sound' }): Sound {
    const sound = new Sound(file.name, rateHz, channels, grew);
    // A message leaves nothing of a Buffer but its bytes.
    const frames = qoa?.frames.map(({ bytes, samples }) => ({
      bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
      samples,
    }));
    if (qoa && frames) sound.qoa = { rateHz, channels: channels === 1 ? 1 : 2, frames, samples: qoa.samples };
    return sound;
  }
}

const decoderProblem = ({ name }: File, reason: string): Problem =>
  new Problem('unexpected', `cannot be decoded (${reason})`, { file: name });
