// The link's log channel: the lines that the console keeps, for a host that asks.

import { LOG_BYTES, logEnd, loggedAt, logStart } from '../console/log';
import { Channel, LogOp } from './protocol';
import { TextSender } from './text-sender';

/** As they were when they were asked for. */
const lines = memory.data(4096);
const sender = new TextSender(Channel.Log, LogOp.Lines);

/** A message of the log channel. */
export function logMessage(ptr: usize, bytes: i32): void {
  if (bytes !== 1 || load<u8>(ptr) !== LogOp.Ask) return;
  const start = logStart(LOG_BYTES);
  const length = <i32>(logEnd - start);
  for (let i = 0; i < length; i++) store<u8>(lines + i, loggedAt(start + i));
  sender.begin(lines, length);
}

/** Sends what is due; returns the tick by which to call it again. */
export function serviceLog(): i64 {
  return sender.service();
}
