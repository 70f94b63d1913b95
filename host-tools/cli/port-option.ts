// What all commands take that speak with a board.

import { InvalidArgumentError, Option } from 'commander';
import { PORT_HELP } from '../link/port.js';

const LEAST = 9600;
const MOST = 4_000_000;

/** What becomes of these options. */
export interface PortFlags {
  port?: string;
  baud?: number;
  json?: true;
}

/** An empty word is an unset variable of a script, hardly a wish for the default. */
export function readPort(text: string): string {
  if (text === '') throw new InvalidArgumentError('the name of a port is wanted.');
  return text;
}

export const portOption = (): Option => new Option('-p, --port <port>', PORT_HELP).argParser(readPort);

export const baudOption = (): Option =>
  new Option(
    '-b, --baud <rate>',
    'the rate in bit/s (default: the fastest that works, remembered for the adapter)',
  ).argParser((text: string) => {
    const rate = Number(text);
    if (!Number.isInteger(rate) || rate < LEAST || rate > MOST)
      throw new InvalidArgumentError(`a whole number from ${LEAST} to ${MOST} is wanted.`);
    return rate;
  });
