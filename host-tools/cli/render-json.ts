// Reports as JSON: one line, with the same `errors` whichever command it is.

import { failedReport, SCHEMA } from '../play/report.js';

/** Prints what `make` gives, or, where that fails, a report that has only `errors`; the error goes on. */
export async function printJson(make: () => Promise<object>): Promise<void> {
  const print = (report: object): void => void process.stdout.write(`${JSON.stringify(report)}\n`);
  try {
    print({ schema: SCHEMA, ...(await make()), errors: [] });
  } catch (error) {
    print({ schema: SCHEMA, errors: failedReport(error).errors });
    throw error;
  }
}
