// The page's scripts, bundled in memory: of the TypeScript sources in a clone, of what tsc made of them in the package.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build, type BuildFailure, type Plugin } from 'esbuild';
import { libraryRoot, version } from '../build/library.js';
import { Problem, systemReason } from '../problem.js';

const HERE = import.meta.dirname;
const ENDING = import.meta.filename.endsWith('.ts') ? '.ts' : '.js';
/** What is neither compiled nor bundled stands in the sources' folder in either case. */
const STATIC = path.join(libraryRoot, 'host-tools', 'web', 'page');
const STYLES = ['page', 'board', 'console', 'panels', 'narrow'].map((name) => `${name}.css`);

/** Scripts by the name they are served under. */
const ENTRIES = {
  app: 'app',
  machine: 'machine-worker',
  sound: 'sound-worklet',
  packer: 'packer-worker',
  decoder: 'decoder-worker',
  timer: 'timer-worker',
} as const;

const source = (name: string): string => path.join(HERE, 'page', `${name}${ENDING}`);

/** `buffer/` is the npm package, node:crypto what node-crypto.ts has of it, and of build/library.ts there is the version. */
const nodeParts: Plugin = {
  name: 'node-parts',
  setup(building) {
    building.onResolve({ filter: /^(node:)?crypto$/ }, () => ({ path: source('node-crypto') }));
    building.onResolve({ filter: /\/build\/library\.js$/ }, () => ({ path: 'version', namespace: 'library' }));
    building.onLoad({ filter: /^/, namespace: 'library' }, () => ({
      contents: `export const version = ${JSON.stringify(version)};`,
    }));
  },
};

let bundled: Promise<Map<string, Uint8Array>> | undefined;

/** The scripts, bundled once a process: file names and contents. Throws Problem: esbuild is not as it should be. */
export const bundleScripts = (): Promise<Map<string, Uint8Array>> => (bundled ??= bundle());

async function bundle(): Promise<Map<string, Uint8Array>> {
  try {
    const { outputFiles } = await build({
      entryPoints: Object.entries(ENTRIES).map(([out, name]) => ({ in: source(name), out })),
      outdir: HERE,
      bundle: true,
      write: false,
      minify: true,
      charset: 'utf8', // the decoders' modules are strings, three times as long in ASCII
      legalComments: 'none',
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
      inject: [source('node-shims')],
      define: { 'process.env.NODE_ENV': '"production"' },
      plugins: [nodeParts],
      logLevel: 'silent',
    });
    return new Map(outputFiles.map((file) => [path.basename(file.path), file.contents]));
  } catch (error) {
    const details = (error as Partial<BuildFailure>).errors?.map(({ text, location }) =>
      location ? `${location.file}:${location.line}: ${text}` : text,
    );
    throw new Problem('tool-failed', "the page's scripts cannot be bundled", {
      hint: 'install the packages again (npm ci)',
      details: details?.join('\n') ?? systemReason(error),
      cause: error,
    });
  }
}

/** The page's files that are served as they are. */
export function staticFiles(): Map<string, Uint8Array> {
  const files = ['index.html', ...STYLES, 'icon.svg'].map((name): [string, string] => [name, path.join(STATIC, name)]);
  const xterm = createRequire(import.meta.url).resolve('@xterm/xterm/css/xterm.css');
  return new Map([...files, ['xterm.css', xterm] as const].map(([name, file]) => [name, fs.readFileSync(file)]));
}
