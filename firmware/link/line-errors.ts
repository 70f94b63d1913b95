// What the UART has seen: its register forgets when it is read, and more than one wants to know.

import { takeUartErrors } from '../../drivers/pl011';

/** How many looks have found an error. */
export let lineErrorLooks: i32 = 0;
let seen: i32 = 0;

/** Takes what the UART has seen since the last look. */
export function lookAtLine(): void {
  const errors = takeUartErrors();
  if (!errors) return;
  seen |= errors;
  lineErrorLooks++;
}

/** All UartErrors bits since the last call. */
export function takeLineErrors(): i32 {
  lookAtLine();
  const errors = seen;
  seen = 0;
  return errors;
}
