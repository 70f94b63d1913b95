// The worker that makes an archive of files, so that a long one holds up neither the page nor the machine.

import type { FromPacker, ToPacker, WorkerScope } from './messages.js';
import { packFiles } from './pack-files.js';

const scope = self as unknown as WorkerScope<ToPacker, FromPacker>;

scope.onmessage = ({ data }) => {
  packFiles(data, (message) => {
    scope.postMessage(message, message.type === 'packed' ? [message.archive.buffer] : []);
  }).catch((error: unknown) => {
    scope.postMessage({ type: 'failed', text: error instanceof Error ? error.message : String(error) });
  });
};
