// Takes the player's records out of its console output: each is the byte 0x1E, a JSON object and a newline (RFC 7464).
// What is left is text for people.

const RECORD = 0x1e;
const NEWLINE = 10;
/** The longest record; what is longer is not one. */
const LIMIT = 64 * 1024;

/** One event of the player, as it reports it when `records = on`. Unknown ones are passed on as they are. */
export interface PlayerRecord {
  event: string;
  [field: string]: unknown;
}

export interface RecordEvents {
  record(record: PlayerRecord): void;
  /** Text for people, whole UTF-8 characters, cut anywhere between them. */
  text(text: string): void;
}

export class RecordSplitter {
  private record: Buffer[] | undefined;
  private recordBytes = 0;
  private readonly decoder = new TextDecoder();

  constructor(private readonly events: RecordEvents) {}

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.record === undefined) {
        const start = chunk.indexOf(RECORD, at);
        this.plain(chunk.subarray(at, start < 0 ? chunk.length : start));
        if (start < 0) return;
        this.record = [];
        this.recordBytes = 0;
        at = start + 1;
      } else {
        const end = chunk.indexOf(NEWLINE, at);
        const piece = chunk.subarray(at, end < 0 ? chunk.length : end);
        this.record.push(piece);
        this.recordBytes += piece.length;
        at += piece.length + 1;
        if (end >= 0 || this.recordBytes > LIMIT) this.finish();
      }
    }
  }

  /** The console is at its end: what is cut off is shown as it is. */
  end(): void {
    if (this.record) this.finish();
    const rest = this.decoder.decode();
    if (rest) this.events.text(rest);
  }

  private plain(bytes: Buffer): void {
    const text = this.decoder.decode(bytes, { stream: true });
    if (text) this.events.text(text);
  }

  private finish(): void {
    const bytes = Buffer.concat(this.record ?? []);
    this.record = undefined;
    const text = bytes.toString();
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string') {
        this.events.record(value as PlayerRecord);
        return;
      }
    } catch {
      // Not a record: cut off by a fault, or text that only looks like one.
    }
    this.events.text(`${text}\n`);
  }
}

/** A record's field as a number; undefined when it is none. */
export function numberField(record: PlayerRecord, name: string): number | undefined {
  const value = record[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A record's field as a string; undefined when it is none. */
export function textField(record: PlayerRecord, name: string): string | undefined {
  const value = record[name];
  return typeof value === 'string' ? value : undefined;
}
