// Gives the host's messages to who serves their channel.

import { addInput } from '../console/input';
import { audioMessage, serviceAudioStream } from './audio-stream';
import { filesMessage, serviceFiles } from './files';
import { isMidFrame, messageBytes, messageChannel, messagePtr, serviceLink, takeMessage } from './link';
import { logMessage, serviceLog } from './log';
import { modulesMessage, serviceModules } from './modules';
import { Channel } from './protocol';
import { serviceTelemetry, telemetryMessage } from './telemetry';

/** Messages that one step serves at most. */
const STEP_MESSAGES: i32 = 8;

/** Does what is due on the line and on its channels; returns the tick by which to call it again. */
export function serviceServices(): i64 {
  const linked = serviceLink();
  if (isMidFrame) return linked;
  const due = min(linked, min(serviceTelemetry(), serviceLog()));
  for (let i = 0; i < STEP_MESSAGES; i++) {
    if (!takeMessage()) return min(min(due, serviceAudioStream()), min(serviceFiles(), serviceModules()));
    if (messageChannel === Channel.Console) addInput(messagePtr, messageBytes);
    else if (messageChannel === Channel.Audio) audioMessage(messagePtr, messageBytes);
    else if (messageChannel === Channel.Files) filesMessage(messagePtr, messageBytes);
    else if (messageChannel === Channel.Modules) modulesMessage(messagePtr, messageBytes);
    else if (messageChannel === Channel.Telemetry) telemetryMessage(messagePtr, messageBytes);
    else if (messageChannel === Channel.Log) logMessage(messagePtr, messageBytes);
  }
  serviceAudioStream();
  return 0;
}
