// What the commands for the card's files have in common: the line to the board, and the report as JSON.

import type { Connect } from '../link/file-transfers.js';
import { openLink } from '../link/port.js';
import { failedReport } from '../play/report.js';
import type { PortFlags } from './port-option.js';
import { errorText, statusOf } from './render-errors.js';

const FILES_SCHEMA = 1;

/** Opens links to the board that the flags name. */
export const connector =
  ({ port, baud }: PortFlags): Connect =>
  (signal) =>
    openLink(port, { baud, signal });

export const printReport = (report: object): void =>
  void process.stdout.write(`${JSON.stringify({ schema: FILES_SCHEMA, ...report })}\n`);

/** Ends with an error. Whoever reads the JSON gets one in any case, with what was done until then. */
export function failWith(error: unknown, flags: PortFlags, report: object = {}): void {
  if (!flags.json) throw error;
  printReport({ ...report, errors: failedReport(error).errors });
  process.stderr.write(`${errorText(error)}\n`);
  process.exitCode = statusOf(error);
}
