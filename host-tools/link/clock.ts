// Time as the link needs it: the process's own, or a test's that runs as fast as it can.

export interface Clock {
  /** Milliseconds since some beginning, with fractions. */
  now(): number;
  /** Calls once, at that time or soon after; answers how to call it off. */
  at(time: number, call: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  at(time, call) {
    const timer = setTimeout(call, Math.max(0, time - performance.now()));
    return () => clearTimeout(timer);
  },
};

interface Call {
  readonly time: number;
  readonly call: () => void;
}

/** A clock that only moves when it is told to. */
export class VirtualClock implements Clock {
  private time = 0;
  private calls: Call[] = [];

  now(): number {
    return this.time;
  }

  at(time: number, call: () => void): () => void {
    const entry = { time: Math.max(time, this.time), call };
    // Few are waiting; of two at one time the one that was asked for first is called first.
    let index = this.calls.length;
    while (index > 0 && (this.calls[index - 1]?.time ?? 0) > entry.time) index--;
    this.calls.splice(index, 0, entry);
    return () => {
      const at = this.calls.indexOf(entry);
      if (at >= 0) this.calls.splice(at, 1);
    };
  }

  /** When the next call is due; Infinity when none is. */
  get nextAt(): number {
    return this.calls[0]?.time ?? Infinity;
  }

  /** Lets time pass to `target`, with all calls until then. */
  runTo(target: number): void {
    for (let next = this.calls[0]; next && next.time <= target; next = this.calls[0]) {
      this.calls.shift();
      this.time = Math.max(this.time, next.time);
      next.call();
    }
    this.time = Math.max(this.time, target);
  }
}
