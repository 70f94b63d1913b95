// Makes the package ready: dist/ from the TypeScript sources, and the bundled wasm3 without its own dependencies. What
// was there before is set aside, and postpack.ts puts it back.
//
// wasm3 travels inside the package because its manifest asks for react-native as a peer, which npm would install for
// every user (600 packages). Only its C sources are used, so the bundled copy asks for nothing.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { libraryRoot } from '../build/library.js';
import { putBack, setAside } from './set-aside.js';

const require = createRequire(import.meta.url);
const clone = { root: libraryRoot, manifest: require.resolve('wasm3/package.json') };

function makePackage(): void {
  const dist = path.join(libraryRoot, 'dist');
  const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', path.join(libraryRoot, 'tsconfig.build.json')], { stdio: 'inherit' });
  fs.chmodSync(path.join(dist, 'host-tools', 'cli', 'main.js'), 0o755);

  const text = fs.readFileSync(clone.manifest, 'utf8');
  const { name, version, license, repository } = JSON.parse(text) as Record<string, unknown>;
  const scratch = `${clone.manifest}.${process.pid}`;
  fs.writeFileSync(scratch, `${JSON.stringify({ name, version, license, repository }, null, 2)}\n`);
  fs.renameSync(scratch, clone.manifest);
}

setAside(clone);
try {
  makePackage();
} catch (error) {
  // npm runs postpack only after a prepack that went well.
  putBack(clone);
  throw error;
}
