// Leaves a clone as it was before `npm pack`: see set-aside.ts.

import { createRequire } from 'node:module';
import { libraryRoot } from '../build/library.js';
import { putBack } from './set-aside.js';

putBack({ root: libraryRoot, manifest: createRequire(import.meta.url).resolve('wasm3/package.json') });
