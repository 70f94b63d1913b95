// What code shared with the command line takes from Node, for the browser: the bundler (bundle.ts) puts these in.

import { Buffer as PageBuffer } from 'buffer/';

export { PageBuffer as Buffer };

/** Gives way to the worker's messages. */
export const setImmediate = (run: () => void): unknown => setTimeout(run, 0);
