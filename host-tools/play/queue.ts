// Events from callbacks, to be read by one `for await`.

export class EventQueue<T> {
  private items: T[] = [];
  private wake: (() => void) | undefined;
  private closed = false;

  push(item: T): void {
    this.items.push(item);
    this.wake?.();
  }

  /** No more events come; what is queued is still read. */
  close(): void {
    this.closed = true;
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (;;) {
      const items = this.items;
      this.items = [];
      yield* items;
      if (this.items.length > 0) continue;
      if (this.closed) return;
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
    }
  }
}

/**
 * An operation that tells events from callbacks, as a generator of them: `work` gets the queue and a signal that ends it
 * early, by `signal` or when the iteration is left. Throws what `work` throws.
 */
export async function* yielding<Event, Result>(
  signal: AbortSignal | undefined,
  work: (queue: EventQueue<Event>, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Event, Result> {
  const queue = new EventQueue<Event>();
  const ending = new AbortController();
  const abort = (): void => ending.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  const working = work(queue, ending.signal).finally(() => queue.close());
  working.catch(() => undefined); // the error is taken below
  try {
    yield* queue;
    return await working;
  } finally {
    signal?.removeEventListener('abort', abort);
    ending.abort();
    await working.catch(() => undefined);
  }
}
