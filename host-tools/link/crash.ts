// The report of a board's last fault, which it keeps over a warm reset (docs/link.md, Telemetry).

import { Channel, TelemetryOp } from '../../firmware/link/protocol.js';
import { FaultReader, type FaultReport } from '../build/faults.js';
import { Problem } from '../problem.js';
import { realClock } from './clock.js';
import type { Link, Receiver } from './link.js';

const ANSWER_MS = 5000;
/** More than the board has room for. */
const MOST_BYTES = 8192;

/**
 * Fetches the report; undefined where the board has none. Whoever takes the telemetry channel of the link gets all else
 * meanwhile, and the channel back. Throws Problem: the session has ended, no answer.
 */
export async function fetchCrash(link: Link): Promise<FaultReport | undefined> {
  const clock = link.transport.clock ?? realClock;
  let text = '';
  let before: Receiver | undefined;
  const whole = new Promise<string>((resolve, reject) => {
    const cancel = clock.at(clock.now() + ANSWER_MS, () => {
      const hint = 'is its firmware older than this program?';
      reject(new Problem('no-answer', 'the board does not tell of faults', { file: link.transport.name, hint }));
    });
    before = link.receive(Channel.Telemetry, (payload) => {
      if (payload[0] !== Number(TelemetryOp.CrashRecord)) {
        before?.(payload);
        return;
      }
      text += Buffer.from(payload.subarray(1)).toString('latin1');
      if (payload.length > 1 && text.length < MOST_BYTES) return;
      cancel();
      resolve(text);
    });
    void link.closed.then(({ problem }) => {
      cancel();
      reject(problem ?? new Problem('link-lost', 'the session has ended'));
    });
  });
  whole.catch(() => undefined); // `send` may fail first
  try {
    await link.send(Channel.Telemetry, Uint8Array.of(TelemetryOp.Crash));
    return readCrash(await whole);
  } finally {
    link.receive(Channel.Telemetry, before);
  }
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
