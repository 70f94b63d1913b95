// get and put: a transfer shown while it goes on, and its report.

import type { Connect, TransferEvent, TransferReport } from '../link/file-transfers.js';
import type { Problem } from '../problem.js';
import { connector, printFailure, printReport, statusOfAll } from './file-report.js';
import type { PortFlags } from './port-option.js';
import { FileView } from './render-files.js';
import { onInterrupt } from './render-terminal.js';

type There = Extract<TransferEvent, { event: 'done' | 'same' }>;
const isThere = (event: TransferEvent): event is There => event.event === 'done' || event.event === 'same';
const problemsOf = (events: readonly TransferEvent[]): Problem[] =>
  events.flatMap((event) => (event.event === 'failed' ? [event.problem] : []));

/** What had come of a transfer that ended early. */
function reportOf(events: readonly TransferEvent[]): TransferReport {
  const there = events.filter(isThere);
  const sent = there.map((event) => (event.event === 'done' ? event.sentBytes : 0));
  return {
    files: there.length,
    same: there.filter(({ event }) => event === 'same').length,
    bytes: sent.reduce((sum, bytes) => sum + bytes, 0),
    failed: problemsOf(events).length,
  };
}

type Transfer = (connect: Connect, signal: AbortSignal) => AsyncGenerator<TransferEvent, TransferReport>;

/** Shows a transfer while it goes on; Ctrl-C breaks it off, and what is there stays to go on with. */
export async function transfer(flags: PortFlags, start: Transfer): Promise<void> {
  const view = new FileView();
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const events: TransferEvent[] = [];
  try {
    const running = start(connector(flags), ending.signal);
    for (;;) {
      const { done, value } = await running.next();
      if (done) {
        view.clear();
        const problems = problemsOf(events);
        if (flags.json) printReport({ ...value, transfers: events.filter(isThere) }, problems);
        else view.finish(value);
        process.exitCode = statusOfAll(problems, value.files);
        return;
      }
      events.push(...(value.event === 'progress' ? [] : [value]));
      view.show(value);
    }
  } catch (error) {
    view.clear();
    if (flags.json) printFailure(error, { transfers: events.filter(isThere) }, problemsOf(events));
    else view.finish(reportOf(events));
    throw error;
  } finally {
    interrupts.undo();
  }
}
