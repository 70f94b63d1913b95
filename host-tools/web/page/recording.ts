// What was heard, as a WAV file of 32-bit floats: the very samples that the audio thread got from the machine.

const HEADER_BYTES = 44;
const FORMAT_FLOAT = 3;
const FRAME_BYTES = 8;

/** A recording is kept in memory until it is saved: 384 kB a second at 48 kHz. */
export const MOST_SECONDS = 600;

/** Samples of both sides, as many of the one as of the other. */
export interface Piece {
  left: Float32Array;
  right: Float32Array;
}

export class Recording {
  readonly pieces: Piece[] = [];
  frames = 0;

  constructor(
    readonly rateHz: number,
    private readonly mostFrames = MOST_SECONDS * rateHz,
  ) {}

  get full(): boolean {
    return this.frames >= this.mostFrames;
  }

  /** Appends as much of a piece, which it keeps, as there is room for; false once it is full. */
  add({ left, right }: Piece): boolean {
    const count = Math.min(left.length, this.mostFrames - this.frames);
    if (count > 0) this.pieces.push({ left: left.subarray(0, count), right: right.subarray(0, count) });
    this.frames += count;
    return !this.full;
  }
}

/** The file. RIFF/WAVE as in host-tools/media/wav.ts, format 3. */
export function floatWav({ pieces, frames, rateHz }: Recording): Blob {
  const bytes = new ArrayBuffer(HEADER_BYTES + frames * FRAME_BYTES);
  const view = new DataView(bytes);
  const letters = (at: number, text: string): void => {
    for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
  };
  letters(0, 'RIFF');
  view.setUint32(4, bytes.byteLength - 8, true);
  letters(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT_FLOAT, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, rateHz, true);
  view.setUint32(28, rateHz * FRAME_BYTES, true);
  view.setUint16(32, FRAME_BYTES, true);
  view.setUint16(34, 32, true);
  letters(36, 'data');
  view.setUint32(40, frames * FRAME_BYTES, true);
  let at = HEADER_BYTES;
  for (const { left, right } of pieces)
    for (let i = 0; i < left.length; i++, at += FRAME_BYTES) {
      view.setFloat32(at, left[i] as number, true);
      view.setFloat32(at + 4, right[i] as number, true);
    }
  return new Blob([bytes], { type: 'audio/wav' });
}

/** Hands a file to the person. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
