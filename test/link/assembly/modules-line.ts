// The service of modules behind the device's end of the link.
import { flushConsole } from '../../../firmware/console/console';
import { openModules } from '../../../firmware/link/modules';
import { serviceServices } from '../../../firmware/link/services';
import { SwapUser } from '../../../firmware/link/swap-user';

openModules(new SwapUser());

/** One step of a program; the tick of the next. */
export function step(): i64 {
  const due = serviceServices();
  flushConsole();
  return due;
}
