// Writes the reference of the library to build/docs/reference.md.

import fs from 'node:fs';
import path from 'node:path';
import { readLibrary, renderReference } from './reference.js';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'build/docs');
fs.mkdirSync(folder, { recursive: true });
fs.writeFileSync(path.join(folder, 'reference.md'), renderReference(readLibrary(root)));
