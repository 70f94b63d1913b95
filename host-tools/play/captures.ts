// The files of a capture: one for each track, or one for all. They are made when the first frame comes.

import path from 'node:path';
import { checkCapture, checkFolder, isDevice, isPipe, WavFile } from '../capture/output.js';
import { Problem } from '../problem.js';
import type { FrameSink, JackState } from '../capture/jack.js';

/** Where captures of these files go by default: NAME.jack.wav in `folder`, numbered where names are the same. */
export function captureNames(files: string[], folder: string): string[] {
  const taken = new Set<string>();
  return (files.length === 0 ? ['demo'] : files).map((file) => {
    const base = path.basename(file);
    const name = path.basename(base, path.extname(base)) || 'track';
    for (let number = 1; ; number++) {
      const given = path.join(folder, `${name}${number === 1 ? '' : `-${number}`}.jack.wav`);
      if (taken.has(given)) continue;
      taken.add(given);
      return given;
    }
  });
}

/** Throws Problem when one of the files would replace something that is not a capture, or cannot be made. */
export function checkCaptures(files: string[]): void {
  for (const file of new Set(files)) {
    checkFolder(file);
    checkCapture(file);
  }
}

export class CaptureFiles implements FrameSink {
  private readonly files = new Map<string, WavFile>();
  private current: WavFile | undefined;
  /** Where each track is. */
  private readonly tracks = new Map<number, string>();

  /** `names`: the file of each track; the same for all puts them into one. */
  constructor(
    private readonly names: (track: number) => string,
    private readonly version: string,
  ) {}

  open(track: number, state: JackState): void {
    const name = this.names(track);
    const first = this.files.get(name);
    // A WAV has one rate: what is played at another goes beside it.
    // Beside a pipe or a device is nothing: a pipe's reader would hear the wrong rate, a device has no reader.
    const beside = first !== undefined && first.rateHz !== state.rateHz && !isDevice(name);
    if (beside && isPipe(name))
      throw new Problem('unsupported-media', `has a stream of ${first.rateHz} Hz and cannot take ${state.rateHz} Hz`, {
        file: name,
        hint: 'name a regular file with --capture, or play tracks of one rate',
      });
    const file = beside ? withRate(name, state.rateHz) : name;
    this.tracks.set(track, file);
    // One is open at a time, however many there are.
    if (this.current && this.current.file !== file) this.current.finish();
    this.current = this.files.get(file);
    if (this.current) return;
    if (file !== name) checkCapture(file);
    this.current = new WavFile(file, state.rateHz, this.version);
    this.files.set(file, this.current);
  }

  frames(samples: Int16Array): void {
    this.current?.append(samples);
  }

  /** The file that has a track; undefined when nothing of it came. */
  fileOf(track: number): string | undefined {
    return this.tracks.get(track);
  }

  /** The files made so far. */
  made(): { file: string; frames: number; rateHz: number }[] {
    return [...this.files.values()].map(({ file, frames, rateHz }) => ({ file, frames, rateHz }));
  }

  /** Completes all files, also when one of them fails; throws the first failure then. */
  finish(): void {
    let first: unknown;
    for (const file of this.files.values()) {
      try {
        file.finish();
      } catch (error) {
        first ??= error;
      }
    }
    this.files.clear();
    if (first !== undefined) throw first;
  }
}

function withRate(name: string, rateHz: number): string {
  const { dir, name: base, ext } = path.parse(name);
  return path.join(dir, `${base}-${rateHz}${ext}`);
}
