// What every operation throws when something outside this program is at fault: a file, a disk, an old QEMU.
// Fields, not prose to parse; the command line makes one line of them.

export interface ProblemFields {
  /** The file it is about, as the user named it. */
  file?: string | undefined;
  /** Byte offset in that file. */
  offset?: number | undefined;
  /** What to do about it. */
  hint?: string | undefined;
  /** Further lines: what a compiler or a tool said. */
  details?: string | undefined;
  /** What the operating system or a library said. */
  cause?: unknown;
}

/** Kinds of problem, for callers that act on them. */
export type ProblemCode =
  | 'not-found'
  | 'not-readable'
  | 'unknown-format'
  | 'bad-media'
  | 'bad-firmware'
  | 'bad-card'
  | 'verify-failed'
  | 'unsafe-device'
  | 'unsupported-media'
  | 'no-room'
  | 'would-overwrite'
  | 'in-use'
  | 'write-failed'
  | 'qemu-missing'
  | 'qemu-too-old'
  | 'emulator-failed'
  | 'emulator-silent'
  | 'capture-lost'
  | 'time-limit'
  | 'no-answer'
  | 'no-port'
  | 'link-lost'
  | 'version-mismatch'
  | 'interrupted'
  | 'fault'
  | 'refused'
  | 'not-played'
  | 'unexpected'
  | 'not-compiled'
  | 'compiler-crash'
  | 'contract'
  | 'tool-missing'
  | 'tool-failed'
  | 'usage';

/** A Problem's fields; `what` is what is wrong. */
export interface ProblemData extends Pick<ProblemFields, 'file' | 'offset' | 'hint'> {
  code: ProblemCode;
  what: string;
}

/** `message` says what is wrong, without file, offset and hint; `details` follow behind a newline. */
export class Problem extends Error {
  readonly file: string | undefined;
  readonly offset: number | undefined;
  readonly hint: string | undefined;
  readonly details: string | undefined;
  readonly #what: string;

  constructor(
    readonly code: ProblemCode,
    message: string,
    fields: ProblemFields = {},
  ) {
    const details = fields.details || undefined;
    super(
      details === undefined ? message : `${message}\n${details}`,
      fields.cause === undefined ? undefined : { cause: fields.cause },
    );
    this.#what = message;
    this.file = fields.file;
    this.offset = fields.offset;
    this.hint = fields.hint;
    this.details = details;
  }

  /** As plain data, for another thread; `details` and `cause` stay here. */
  data(): ProblemData {
    const { code, file, offset, hint } = this;
    return { code, what: this.#what, file, offset, hint };
  }

  static of({ code, what, ...fields }: ProblemData): Problem {
    return new Problem(code, what, fields);
  }

  /** `file: what is wrong at byte N; what to try`, control characters made visible. */
  line(): string {
    const place = this.offset === undefined ? '' : ` at byte ${this.offset}`;
    const hint = this.hint === undefined ? '' : `; ${this.hint}`;
    return printable(`${this.file === undefined ? '' : `${this.file}: `}${this.#what}${place}${hint}`);
  }

  /** The line, and the details below it. */
  text(): string {
    const details = this.details?.split('\n') ?? [];
    return [this.line(), ...details.map((line) => printable(line.replaceAll('\t', '  ')))].join('\n');
  }
}

/** A text from outside, safe to print on a terminal: one line, no escape sequences, no change of direction. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0);
    if (code === 10) return '\\n';
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

/** The operating system's name for an error (`ENOSPC`), or undefined for one that is not the system's. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const REASONS: Record<string, string> = {
  ENOENT: 'no such file or folder',
  EACCES: 'no permission',
  EPERM: 'not permitted',
  EISDIR: 'is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than is allowed here',
  EROFS: 'the file system is read only',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'the disk reports an input/output error',
};

/** What an error of the operating system means, in words. */
export function systemReason(error: unknown): string {
  const code = systemCode(error);
  const known = code === undefined ? undefined : REASONS[code];
  if (known) return known;
  return error instanceof Error ? error.message : String(error);
}
