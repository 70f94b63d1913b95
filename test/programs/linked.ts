// A program with a link and nothing else.

import { printLine, serviceConsole } from '../../firmware/console/console';
import { nextKey } from '../../firmware/console/keys';
import { serviceServices } from '../../firmware/link/services';

export function start(_generation: i32): void {
  printLine('linked');
}

export function step(_events: i32): i64 {
  const linked = serviceServices();
  for (let key = nextKey(); key; key = nextKey()) printLine('a key');
  return min(linked, serviceConsole());
}
