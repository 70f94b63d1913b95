// The report of a board's last fault, which it keeps over a warm reset (docs/link.md, Telemetry).

import { Channel, TelemetryOp } from '../../firmware/link/protocol.js';
import { FaultReader, type FaultReport } from '../build/faults.js';
import { fetchText, type TextQuestion } from './device-text.js';
import type { Link } from './link.js';

const QUESTION: TextQuestion = {
  channel: Channel.Telemetry,
  ask: TelemetryOp.Crash,
  piece: TelemetryOp.CrashRecord,
  silent: 'the board does not tell of faults',
};

/** Fetches the report; undefined where the board has none. Throws what `fetchText` throws. */
export async function fetchCrash(link: Link): Promise<FaultReport | undefined> {
  return readCrash((await fetchText(link, QUESTION)).toString('latin1'));
}

/** Reads a record's text; undefined where it is no report. */
export function readCrash(text: string): FaultReport | undefined {
  const reader = new FaultReader();
  reader.push(text);
  reader.end();
  return reader.report;
}

/** Lets the board forget the report. */
export async function forgetCrash(link: Link): Promise<void> {
  await link.send(Channel.Telemetry, Uint8Array.of(TelemetryOp.Forget));
  await link.flushed();
}
