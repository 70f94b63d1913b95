// Who made a capture, and whether it is still being written: the text of the WAV's ISFT entry, `mirleft VERSION`, and
// while a run writes the file a JSON record behind it, `{"pid":N,"started":N}`. `started` tells the process from a
// later one with the same number.

import fs from 'node:fs';
import { systemCode } from '../problem.js';

const SOFTWARE = 'mirleft';
/** The length that all marks have, so that one takes the place of another. */
const MARK_BYTES = 95;

export interface Writer {
  pid: number;
  /** When the process began, in clock ticks since the machine's start; only where the system tells (Linux). */
  started?: number;
}

/** Field 22 of /proc/PID/stat (proc(5)); the second is a name in brackets that may hold anything. */
function startOf(pid: number): number | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const started = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
    return Number.isSafeInteger(started) ? started : undefined;
  } catch {
    return undefined;
  }
}

/** The record of this process. */
export function thisWriter(): Writer {
  const started = startOf(process.pid);
  return { pid: process.pid, ...(started === undefined ? {} : { started }) };
}

/** The mark, padded to its length. */
export function writeMark(version: string, writer?: Writer): string {
  return `${SOFTWARE} ${version}${writer === undefined ? '' : ` ${JSON.stringify(writer)}`}`.padEnd(MARK_BYTES);
}

/** What a mark tells; undefined for one that is not ours. */
export function readMark(text: string): { writer: Writer | undefined } | undefined {
  if (!text.startsWith(`${SOFTWARE} `)) return undefined;
  const record = text.indexOf('{');
  return { writer: record < 0 ? undefined : readWriter(text.slice(record)) };
}

function readWriter(text: string): Writer | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Record<keyof Writer, unknown>>;
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return undefined;
    return { pid, ...(typeof started === 'number' ? { started } : {}) };
  } catch {
    return undefined;
  }
}

/** Whether the process that left a record still runs. */
export function isRunning({ pid, started }: Writer): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return started === undefined || now === undefined || now === started;
}
