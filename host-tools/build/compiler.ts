// The AssemblyScript compiler as a service: a worker thread that keeps it warm, one program at a time. The thread
// does not keep the process alive while it has nothing to do.

import { Worker } from 'node:worker_threads';
import { Problem } from '../problem.js';
import { INLINING, PASSES } from './passes.js';

export type ToWorker = { kind: 'compile'; argv: string[] } | { kind: 'read'; id: number; text: string | null };

type FromWorker =
  | { kind: 'read'; id: number; name: string }
  | { kind: 'crash'; output: string }
  | { kind: 'done'; error: string | null; written: [string, Uint8Array | string][]; diagnostics: AscDiagnostic[] };

/** Pages of 64 KiB that a program without a size of its own has beside its static data, for `heap.alloc`. */
export const FREE_PAGES = 24;

/** What asc reports of a diagnostic. Positions count UTF-16 units from the start of the source. */
export interface AscDiagnostic {
  message: string;
  code: number;
  category: number;
  range: { start: number; source: { normalizedPath: string } } | null;
}

export interface AscResult {
  /** The compiler's summary when it failed. */
  error: string | null;
  written: Map<string, Uint8Array | string>;
  diagnostics: AscDiagnostic[];
}

/** The compiler itself broke down: not the program's fault, though another program text may avoid it. */
export class CompilerCrash extends Problem {
  /** `output` is what the compiler said. */
  constructor(readonly output: string) {
    super('compiler-crash', 'the AssemblyScript compiler stopped without a result', { details: output.trim() });
  }
}

/** A program of 7,600 lines takes 7 s. Some recursive functions are inlined into themselves without end at -O3. */
const LIMIT_S = 90;

export interface AscService {
  /** Loads the compiler, so that the first `run` need not. */
  warm(): void;
  /** Runs asc with its command-line flags; `read` gives the text of a file by the name that asc knows, or null. */
  run(argv: string[], read: (name: string) => string | null): Promise<AscResult>;
  close(): Promise<void>;
}

export function createAscService(): AscService {
  let worker: Worker | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  function start(): Worker {
    // An empty execArgv: loaders of the main thread must not look through the compiler.
    const thread = new Worker(new URL('./asc-worker.js', import.meta.url), {
      execArgv: [],
      workerData: { passes: PASSES, inlining: INLINING, freePages: FREE_PAGES },
    });
    thread.unref();
    thread.once('exit', () => {
      if (worker === thread) worker = undefined;
    });
    // A worker that cannot load says so to whoever waits for it; idle, it is found gone at the next run.
    thread.on('error', () => undefined);
    return thread;
  }

  function runNow(argv: string[], read: (name: string) => string | null): Promise<AscResult> {
    const thread = (worker ??= start());
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => finish(() => reject(new CompilerCrash(error.message)));
      const onExit = (): void => finish(() => reject(new CompilerCrash('')));
      const giveUp = (output: string): void => {
        // What the compiler left behind is not to be trusted with another program.
        worker = undefined;
        finish(() => reject(new CompilerCrash(output)));
        void thread.terminate();
      };
      const limit = setTimeout(
        () => giveUp(`it worked for ${LIMIT_S} s; try optimize 2, or write recursive functions as loops`),
        LIMIT_S * 1000,
      );
      const finish = (then: () => void): void => {
        clearTimeout(limit);
        thread.off('message', onMessage).off('error', onError).off('exit', onExit).unref();
        then();
      };
      const onMessage = (message: FromWorker): void => {
        if (message.kind === 'read') {
          thread.postMessage({ kind: 'read', id: message.id, text: read(message.name) } satisfies ToWorker);
        } else if (message.kind === 'crash') {
          giveUp(message.output);
        } else {
          const { error, written, diagnostics } = message;
          finish(() => resolve({ error, written: new Map(written), diagnostics }));
        }
      };
      thread.on('message', onMessage).on('error', onError).on('exit', onExit).ref();
      thread.postMessage({ kind: 'compile', argv } satisfies ToWorker);
    });
  }

  return {
    warm: () => void (worker ??= start()),
    run(argv, read) {
      const result = queue.then(() => runNow(argv, read));
      queue = result.catch(() => undefined);
      return result;
    },
    async close() {
      await worker?.terminate();
      worker = undefined;
    },
  };
}
