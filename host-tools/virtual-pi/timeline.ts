// What happens next: the alarms of all devices in virtual time. Nothing here knows a wall clock, and of two alarms at
// one time the one made first rings first, so two runs are the same.
//
// A device acts when its alarm rings, and may then act ahead, up to `quiet`: until then nobody else does anything. That
// makes long runs of small events (words through a FIFO) one loop instead of thousands of alarms.

import { NEVER, type Time } from './time.js';

/** Called at `now`; nothing else happens before `quiet` (which is `now` at least). */
export type Ring = (now: Time, quiet: Time) => void;

/** One alarm of a device. */
export class Alarm {
  /** When it rings; NEVER while it is off. */
  at: Time = NEVER;

  constructor(
    private readonly timeline: Timeline,
    readonly ring: Ring,
  ) {}

  /** Sets it, also while it rings; a time that has passed is now. */
  set(at: Time): void {
    this.at = Math.max(at, this.timeline.now);
    this.timeline.changed();
  }

  clear(): void {
    this.at = NEVER;
    this.timeline.changed();
  }
}

export class Timeline {
  now: Time = 0;
  private readonly alarms: Alarm[] = [];
  private next: Time = NEVER;
  private stale = false;

  /** Makes an alarm; at one time alarms ring in the order in which they were made. */
  alarm(ring: Ring): Alarm {
    const made = new Alarm(this, ring);
    this.alarms.push(made);
    return made;
  }

  changed(): void {
    this.stale = true;
  }

  /** When the next alarm rings. */
  get nextAt(): Time {
    if (this.stale) {
      this.stale = false;
      let next = NEVER;
      for (const { at } of this.alarms) if (at < next) next = at;
      this.next = next;
    }
    return this.next;
  }

  /** Lets time pass to `target`: alarms up to and with it ring. Going back is an error of the caller. */
  runTo(target: Time): void {
    while (this.nextAt <= target) this.ringNext(target);
    if (target > this.now) this.now = target;
  }

  /** Lets time pass to the next alarm, which rings, or to `target` where none comes before. */
  stepTo(target: Time): void {
    if (this.nextAt <= target) this.ringNext(target);
    else if (target > this.now) this.now = target;
  }

  private ringNext(target: Time): void {
    let first: Alarm | undefined;
    let quiet = target;
    for (const alarm of this.alarms) {
      if (alarm.at < (first?.at ?? NEVER)) {
        if (first && first.at < quiet) quiet = first.at;
        first = alarm;
      } else if (alarm.at < quiet) quiet = alarm.at;
    }
    if (!first) return;
    const at = first.at;
    first.at = NEVER;
    this.stale = true;
    if (at > this.now) this.now = at;
    first.ring(this.now, Math.max(quiet, this.now));
  }
}
