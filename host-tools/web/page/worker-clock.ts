// Time for the link of a page: a page in the background has its timers held up for a second and more, a worker's go on.

import type { Clock } from '../../link/clock.js';
import type { ToTimer } from './messages.js';

export class WorkerClock implements Clock {
  private readonly worker = new Worker('/timer.js', { name: 'timer' });
  private readonly calls = new Map<number, () => void>();
  private last = 0;

  constructor() {
    this.worker.onmessage = ({ data: id }: MessageEvent<number>): void => {
      const call = this.calls.get(id);
      this.calls.delete(id);
      call?.();
    };
  }

  now(): number {
    return performance.now();
  }

  at(time: number, call: () => void): () => void {
    const id = ++this.last;
    this.calls.set(id, call);
    const wake: ToTimer = { id, ms: Math.max(0, time - this.now()) };
    this.worker.postMessage(wake);
    return () => void this.calls.delete(id);
  }
}
