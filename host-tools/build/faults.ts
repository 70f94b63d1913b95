// Reads boot's fault report out of the console: lines of a fixed grammar (docs/board.md), from `fault kind=…` to
// `fault end build=…`.

export interface FaultReport {
  /** trap, abort, data-abort, hang, stack-overflow, … */
  kind: string;
  /** All fields of the first line, `text` among them. */
  fields: Record<string, string>;
  /** Register lines as they are. */
  registers: string[];
  /** Offsets in the module's bytes, innermost first. */
  frames: number[];
  /** The image's build id, 16 hex digits; empty when the report was cut off. */
  buildId: string;
  /** The lines. */
  lines: string[];
}

/** The fields of a line: `name=word` or `name="text"` with `\"` and `\\` in it. */
export function parseFields(line: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [, name = '', quoted, word] of line.matchAll(/([a-z][\w-]*)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g))
    fields[name] = quoted === undefined ? (word ?? '') : quoted.replace(/\\(.)/g, '$1');
  return fields;
}

/** Collects the lines of the console; `report` is the last one that is finished. */
export class FaultReader {
  private line = '';
  private open: FaultReport | undefined;
  report: FaultReport | undefined;

  /** `onReport` gets each one that is finished. */
  constructor(private readonly onReport: (report: FaultReport) => void = () => undefined) {}

  /** Takes console text and returns what of it belongs to no report. */
  push(text: string): string {
    const pieces = (this.line + text).split('\n');
    this.line = pieces.pop() ?? '';
    let rest = '';
    for (const piece of pieces) if (!this.take(piece.replace(/\r$/, ''))) rest += `${piece}\n`;
    // A prompt has no newline: only what may become a line of a report is held back.
    if (!this.open && !'fault kind='.startsWith(this.line.slice(0, 11))) {
      rest += this.line;
      this.line = '';
    }
    return rest;
  }

  /** The console is at its end: what was held back, if it belongs to no report. */
  end(): string {
    const rest = this.line !== '' && !this.take(this.line) ? this.line : '';
    this.line = '';
    this.finish();
    return rest;
  }

  private finish(): void {
    const { open } = this;
    this.open = undefined;
    if (!open) return;
    this.report = open;
    this.onReport(open);
  }

  private take(line: string): boolean {
    const start = /^fault kind=/.test(line);
    if (start) {
      const fields = parseFields(line);
      this.open = { kind: fields['kind'] ?? '', fields, registers: [], frames: [], buildId: '', lines: [] };
    }
    const { open } = this;
    if (!open) return false;
    open.lines.push(line);
    if (start) return true;
    const frame = /^\s+wasm \+0x([0-9a-f]+)/i.exec(line);
    if (frame) open.frames.push(parseInt(frame[1] ?? '0', 16));
    else if (/^fault end\b/.test(line)) {
      open.buildId = parseFields(line)['build'] ?? '';
      this.finish();
    } else open.registers.push(line);
    return true;
  }
}
