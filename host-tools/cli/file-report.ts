// What the commands for the card's files have in common: the line to the board, and the report as JSON.

import type { Connect } from '../link/file-transfers.js';
import { openLink } from '../link/port.js';
import { errorReport } from '../play/report.js';
import type { Problem } from '../problem.js';
import type { PortFlags } from './port-option.js';
import { Status, statusOf } from './render-errors.js';
import { errorsOf, print } from './render-json.js';

const FILES_SCHEMA = 1;

/** Opens links to the board that the flags name. */
export const connector =
  ({ port, baud }: PortFlags): Connect =>
  (signal) =>
    openLink(port, { baud, signal });

/** `problems`: what was wrong with single files. */
export const printReport = (report: object, problems: readonly Problem[]): void =>
  print({ schema: FILES_SCHEMA, ...report, errors: problems.map(errorReport) });

/** What came of several files where only single ones failed: of nothing but wrong words it is the status of these. */
export function statusOfAll(problems: readonly Problem[], done: number): Status {
  if (problems.length === 0) return Status.Fine;
  const isUsage = done === 0 && problems.every((problem) => statusOf(problem) === Status.Usage);
  return isUsage ? Status.Usage : Status.Failed;
}

/** Whoever reads the JSON gets one of what failed, with what was done and what was wrong until then. The error is to go on. */
export const printFailure = (error: unknown, report: object, problems: readonly Problem[]): void =>
  print({ schema: FILES_SCHEMA, ...report, errors: [...problems.map(errorReport), ...errorsOf(error)] });
