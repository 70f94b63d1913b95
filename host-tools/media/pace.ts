// Long work on the main thread, in slices: between two of them keys, signals and other work have their turn.

/** Gives way to the event loop. Throws the signal's reason when the work is to end. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
