// Where frames come from: every decoder and every synthesiser is a Source, the player knows nothing else of them.
// A frame is one 32-bit signed sample for each channel, interleaved; full scale is the whole range whatever the
// file's own width was.

import { Bytes } from '../storage/bytes';

/** Why a source cannot go on; each has a place in the file (`errorOffset`). Warnings are of the same kind. */
export const enum SourceError {
  None = 0,
  /** Neither a WAV nor a QOA file. */
  NotAudio = 1,
  /** The file ends inside a header, or (as a warning) before its data does. */
  Truncated = 2,
  /** A header contradicts itself. */
  BadHeader = 3,
  /** Whole and valid, but of a kind that is not played. */
  UnsupportedFormat = 4,
  /** Not a single frame in it. */
  NoFrames = 5,
  /** A rate outside 8 to 192 kHz. */
  AbsurdRate = 6,
  /** A block inside the stream cannot be decoded. */
  BrokenFrame = 7,
  /** RF64 and its like: WAV files beyond 4 GB. */
  Rf64 = 8,
  /** The data chunk comes before the fmt chunk that would say what it holds. */
  DataBeforeFmt = 9,
  /** More than two channels, or none. */
  BadChannels = 10,
  /** The medium failed. */
  ReadFailed = 11,
  /** Warning: the header does not know the length (a writer that streamed); what is there is played. */
  UnknownLength = 12,
  /** A member of an archive with a broken header. */
  BadArchive = 13,
}

/** The code in records for programs: `bad-header`. */
export function sourceErrorCode(error: SourceError): string {
  if (error === SourceError.NotAudio) return 'not-audio';
  if (error === SourceError.Truncated) return 'truncated';
  if (error === SourceError.BadHeader) return 'bad-header';
  if (error === SourceError.UnsupportedFormat) return 'unsupported-format';
  if (error === SourceError.NoFrames) return 'no-frames';
  if (error === SourceError.AbsurdRate) return 'absurd-rate';
  if (error === SourceError.BrokenFrame) return 'broken-frame';
  if (error === SourceError.Rf64) return 'rf64';
  if (error === SourceError.DataBeforeFmt) return 'data-before-fmt';
  if (error === SourceError.BadChannels) return 'bad-channels';
  if (error === SourceError.ReadFailed) return 'read-failed';
  if (error === SourceError.UnknownLength) return 'unknown-length';
  if (error === SourceError.BadArchive) return 'bad-archive';
  return 'none';
}

/** The same for people, to be followed by `at byte N`. */
export function sourceErrorText(error: SourceError): string {
  if (error === SourceError.NotAudio) return 'neither WAV nor QOA';
  if (error === SourceError.Truncated) return 'the file ends too early';
  if (error === SourceError.BadHeader) return 'the header contradicts itself';
  if (error === SourceError.UnsupportedFormat) return 'a format that is not played';
  if (error === SourceError.NoFrames) return 'there is no sound in it';
  if (error === SourceError.AbsurdRate) return 'the rate is not within 8 to 192 kHz';
  if (error === SourceError.BrokenFrame) return 'a broken frame';
  if (error === SourceError.Rf64) return 'RF64 is not played';
  if (error === SourceError.DataBeforeFmt) return 'data chunk before fmt chunk';
  if (error === SourceError.BadChannels) return 'neither mono nor stereo';
  if (error === SourceError.ReadFailed) return 'reading failed';
  if (error === SourceError.UnknownLength) return 'length unknown, played to its end';
  if (error === SourceError.BadArchive) return 'damaged member of the archive';
  return '';
}

/** A stream of frames with a place in it. One object serves many files, one after the other. */
export abstract class Source {
  /** Frames a second, 8000 to 192000. */
  rateHz: i32 = 0;
  /** 1 or 2. */
  channels: i32 = 0;
  /** Width that its frames are summed in (`PcmCrc`): 16 or 32. */
  bits: i32 = 0;
  /** How many frames there are. */
  frames: i64 = 0;
  /** The frame that `read` yields next. */
  position: i64 = 0;
  /** Whether `read`, when it gives nothing, may give something later: a stream whose bytes have not come yet. */
  waits: bool = false;
  /** Why `open`, `read` or `seek` failed, and at which byte of the file. */
  error: SourceError = SourceError.None;
  errorOffset: i64 = 0;
  /** What `open` had to put up with. */
  warning: SourceError = SourceError.None;
  warningOffset: i64 = 0;

  /**
   * Starts with another file, which must stay as it is until the next `open`. False: `error` says why,
   * and nothing can be read.
   */
  abstract open(file: Bytes): bool;

  /**
   * Writes up to `maxFrames` frames to `ptr` (the caller's, `maxFrames * channels * 4` bytes). Returns how many:
   * fewer than asked for only before the end or an error, 0 at the end (and where a stream `waits`), -1 for an error.
   */
  abstract read(ptr: usize, maxFrames: i32): i32;

  /** Goes to a frame, 0 to `frames`; what follows is the same as after decoding from the start. */
  abstract seek(frame: i64): bool;

  /** For decoders: forgets the file before. */
  protected reset(): void {
    this.rateHz = 0;
    this.channels = 0;
    this.bits = 0;
    this.frames = 0;
    this.position = 0;
    this.waits = false;
    this.error = SourceError.None;
    this.errorOffset = 0;
    this.warning = SourceError.None;
    this.warningOffset = 0;
  }

  /** For decoders: notes an error; false, to be returned. */
  protected fail(error: SourceError, offset: i64): bool {
    this.error = error;
    this.errorOffset = offset;
    return false;
  }

  /** For decoders: notes a warning, unless there was one. */
  protected warn(warning: SourceError, offset: i64): void {
    if (this.warning !== SourceError.None) return;
    this.warning = warning;
    this.warningOffset = offset;
  }
}
