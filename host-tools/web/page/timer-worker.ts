// The worker that wakes the link (worker-clock.ts).

import type { ToTimer, WorkerScope } from './messages.js';

const scope = self as unknown as WorkerScope<ToTimer, number>;

scope.onmessage = ({ data: { id, ms } }) => void setTimeout(() => scope.postMessage(id), ms);
