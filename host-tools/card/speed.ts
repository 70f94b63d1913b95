// How quick a long transfer is now, and when it will be done.

/** Over so many milliseconds the speed is taken: long enough for a card's pauses, short enough to follow it. */
const WINDOW_MS = 4000;
/** Before so much time has gone there is no speed to tell. */
const LEAST_MS = 200;

export class Speed {
  private readonly marks: { at: number; bytes: number }[];

  /** `now` in milliseconds. */
  constructor(now: number) {
    this.marks = [{ at: now, bytes: 0 }];
  }

  /** Takes note that so many bytes are done in all. */
  mark(now: number, bytes: number): void {
    this.marks.push({ at: now, bytes });
    while (this.marks.length > 2 && now - (this.marks[1]?.at ?? now) > WINDOW_MS) this.marks.shift();
  }

  /** Bytes a second; undefined while it is too early. */
  get bytesPerSecond(): number | undefined {
    const [first, last] = [this.marks[0], this.marks.at(-1)];
    if (!first || !last || last.at - first.at < LEAST_MS || last.bytes === first.bytes) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
