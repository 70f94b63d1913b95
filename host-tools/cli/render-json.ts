// Reports as JSON: one line, or a line for each event, with the same `errors` whichever command it is.

import { failedReport, SCHEMA } from '../play/report.js';

/** A line on stdout. */
export const print = (report: object): void => void process.stdout.write(`${JSON.stringify(report)}\n`);

/** What went wrong, as the reports have it. */
export const errorsOf = (error: unknown): object[] => failedReport(error).errors;

/** Whoever reads the JSON gets one of what failed, too. The error is to go on: who catches it last tells it to people. */
export const printErrors = (schema: number, error: unknown): void => print({ schema, errors: errorsOf(error) });

/**
 * Prints what `make` gives, `errors` being what went wrong and did not end it; or, where it fails, a report that has only
 * `errors`, and the error goes on.
 */
export async function printJson(make: () => Promise<object & { errors?: object[] }>): Promise<void> {
  try {
    const { errors = [], ...report } = await make();
    print({ schema: SCHEMA, ...report, errors });
  } catch (error) {
    printErrors(SCHEMA, error);
    throw error;
  }
}

/** Progress comes so often at most. */
const PROGRESS_MS = 100;

/** Events of something that lasts, a line each: `event` says which. The last is `end`, with `errors` when it failed. */
export class JsonEvents {
  private progressAt = -Infinity;

  tell(event: string, fields: object = {}): void {
    print({ schema: SCHEMA, event, ...fields });
  }

  /** One of many, of which some are left out. */
  progress(event: string, fields: object): void {
    const now = performance.now();
    if (now - this.progressAt < PROGRESS_MS) return;
    this.progressAt = now;
    this.tell(event, fields);
  }

  /** Does it all, with `end` behind; an error goes on. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work();
      this.tell('end', { errors: [] });
      return result;
    } catch (error) {
      this.tell('end', { errors: errorsOf(error) });
      throw error;
    }
  }
}
