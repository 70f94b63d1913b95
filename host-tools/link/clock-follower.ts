// How a live source keeps pace with the jack: the source has a clock of its own, so what waits on the device would
// slowly run out or grow. The ratio of a resampler is moved by the fill's distance from where it began, at most by a
// thousandth: some hundred parts in a million, as real clocks differ, end some milliseconds away from there.

/** More is heard as another pitch. */
const MOST = 0.001;
/** Milliseconds off at which all of it is used: the fill then goes back with a time constant of half a minute. */
const FULL_MS = 30;
/** Statuses, ten a second, that are averaged: a fill moves by what comes and is told at a time. */
const AVERAGED = 16;
/** Statuses that are left out at the beginning, and those that then tell where the fill is to stay. */
const SETTLING = 10;
const MEASURED = 20;

export class ClockFollower {
  /** Frames of the source for each that is sent. */
  ratio = 1;
  private count = 0;
  private sum = 0;
  private target = 0;
  private average = 0;

  /** Takes the fill of a status, in milliseconds. */
  update(fillMs: number): void {
    this.count++;
    if (this.count <= SETTLING) return;
    if (this.count <= SETTLING + MEASURED) {
      this.sum += fillMs;
      this.target = this.sum / (this.count - SETTLING);
      this.average = this.target;
      return;
    }
    this.average += (fillMs - this.average) / AVERAGED;
    const part = (this.average - this.target) / FULL_MS;
    this.ratio = 1 + MOST * Math.max(-1, Math.min(1, part));
  }

  /** The fill begins anew: after a pause, or when the stream ran dry. */
  restart(): void {
    this.count = 0;
    this.sum = 0;
    this.ratio = 1;
  }
}
