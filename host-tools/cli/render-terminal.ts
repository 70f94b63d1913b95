// The keys of a terminal for the device, and the terminal as it was afterwards, whatever happens.

import { EventQueue } from '../play/queue.js';

const CTRL_A = 1;
const CTRL_C = 3;
const EXIT_KEYS = new Set([0x78, 0x58]); // x after Ctrl-A, as in QEMU
/** What people are told about these keys. */
export const ENDING_KEYS = 'Ctrl-C or Ctrl-A x ends';

export interface Keys {
  /** Bytes for the device. */
  bytes: AsyncIterable<Uint8Array>;
  close(): void;
}

const restore = (): void => {
  if (process.stdin.isTTY && process.stdin.isRaw) process.stdin.setRawMode(false);
};

/**
 * Takes the keys of the terminal, or the bytes of stdin where that is a pipe and `piped` says so; undefined where
 * neither is there. Ctrl-C and Ctrl-A x call `interrupt` instead; Ctrl-A twice is one.
 */
export function openKeys(interrupt: () => void, piped = false): Keys | undefined {
  const { stdin } = process;
  if (!stdin.isTTY && !piped) return undefined;
  const queue = new EventQueue<Uint8Array>();
  let escaped = false;
  const take = (chunk: Buffer): void => {
    if (!stdin.isTTY) {
      queue.push(chunk);
      return;
    }
    const kept: number[] = [];
    for (const byte of chunk) {
      if (escaped) {
        escaped = false;
        if (EXIT_KEYS.has(byte)) interrupt();
        else kept.push(...(byte === CTRL_A ? [CTRL_A] : [CTRL_A, byte]));
      } else if (byte === CTRL_A) escaped = true;
      else if (byte === CTRL_C) interrupt();
      else kept.push(byte);
    }
    if (kept.length > 0) queue.push(Uint8Array.from(kept));
  };
  if (stdin.isTTY) {
    stdin.setRawMode(true);
    process.once('exit', restore);
  }
  stdin.on('data', take);
  stdin.resume();
  return {
    bytes: queue,
    close() {
      stdin.off('data', take);
      stdin.pause();
      restore();
      queue.close();
    },
  };
}

export interface Interrupts {
  /** As a signal, for the keys of a terminal that sends none. */
  take: () => void;
  undo: () => void;
}

/** Calls `interrupt` at the first SIGINT, SIGTERM, SIGHUP or `take`; a second one ends the process. */
export function onInterrupt(interrupt: () => void): Interrupts {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let times = 0;
  const take = (): void => {
    if (times++ === 0) interrupt();
    else {
      restore();
      process.exit(130);
    }
  };
  for (const signal of signals) process.on(signal, take);
  return {
    take,
    undo() {
      for (const signal of signals) process.off(signal, take);
    },
  };
}
