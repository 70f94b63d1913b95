// The serial line of a program without files and streams of its own: keys, and new code (mirleft dev). The player's is
// services.ts.

import { addInput } from '../console/input';
import { messageBytes, messageChannel, messagePtr, serviceLink, takeMessage } from './link';
import { modulesMessage, serviceModules } from './modules';
import { Channel } from './protocol';

/** Messages that one step serves at most. */
const STEP_MESSAGES: i32 = 8;

/** Does what is due on the line. To be called first in each step; returns the tick by which to call it again. */
export function serviceDevLine(): i64 {
  const due = serviceLink();
  for (let i = 0; i < STEP_MESSAGES; i++) {
    if (!takeMessage()) return min(due, serviceModules());
    if (messageChannel === Channel.Console) addInput(messagePtr, messageBytes);
    else if (messageChannel === Channel.Modules) modulesMessage(messagePtr, messageBytes);
  }
  return 0;
}
