// The AssemblyScript compiler in a worker thread, where it stays warm and blocks nobody. Plain JavaScript, so that it
// loads as it is whatever loader the main thread runs under: asc is 16 MB, and a loader that looks through it needs
// ten seconds. It knows no files: the main thread answers its reads and gets what it writes (compiler.ts).

// @ts-check
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { quickenCalls } from './binaryen-calls.js';

if (!parentPort) throw new Error('this file is a worker thread');
const port = parentPort;

/** What takes the place of asc's passes at its highest level. @type {string[]} */
const PASSES = workerData.passes;
/** @type {typeof import('./passes.js').INLINING} */
const INLINING = workerData.inlining;
/** Pages of memory beside static data. @type {number} */
const FREE_PAGES = workerData.freePages;
/** asc's list for -O3 is the only one with this pass. */
const ONLY_O3 = 'flatten';

// Loaded here, not above: binaryen is changed while it loads.
const asc = await loadAsc();

/** @type {Map<number, (text: string | null) => void>} */
const reads = new Map();
let readCount = 0;

// When asc breaks down it prints a report and ends the process.
/** @type {string[]} */
const output = [];
console.error = (...words) => void output.push(words.join(' '));
process.exit = () => {
  throw new Error('asc broke down');
};

async function loadAsc() {
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('assemblyscript/package.json'));
    void quickenCalls(fs.readFileSync(require.resolve('binaryen'), 'latin1'));
  } catch {
    // Only slower.
  }
  const { Module } = await import('assemblyscript');
  const { runPasses } = Module.prototype;
  Module.prototype.runPasses = function (/** @type {string[]} */ passes, /** @type {number} */ one) {
    if (!passes.includes(ONLY_O3)) return runPasses.call(this, passes, one);
    this.setAlwaysInlineMaxSize(INLINING.always);
    this.setFlexibleInlineMaxSize(INLINING.flexible);
    this.setOneCallerInlineMaxSize(INLINING.oneCaller);
    runPasses.call(this, PASSES, one);
  };
  const { setMemory } = Module.prototype;
  Module.prototype.setMemory = function (/** @type {Parameters<typeof setMemory>} */ ...given) {
    if (!isSized) given[0] = given[1] = given[0] + FREE_PAGES;
    setMemory.apply(this, given);
  };
  return (await import('assemblyscript/asc')).main;
}

/** Whether the program's memory has a size that was asked for. */
let isSized = false;

/** @param {string[]} argv */
async function compile(argv) {
  isSized = argv.includes('--initialMemory') || argv.includes('--maximumMemory');
  /** @type {[name: string, contents: Uint8Array | string][]} */
  const written = [];
  /** @type {unknown[]} */
  const diagnostics = [];
  const { error } = await asc(argv, {
    readFile: (name) =>
      new Promise((resolve) => {
        const id = readCount++;
        reads.set(id, resolve);
        port.postMessage({ kind: 'read', id, name });
      }),
    writeFile: (name, contents) => void written.push([name, contents]),
    listFiles: () => [],
    reportDiagnostic: (diagnostic) => void diagnostics.push(diagnostic),
  });
  port.postMessage({ kind: 'done', error: error?.message ?? null, written, diagnostics });
}

port.on('message', (/** @type {import('./compiler.js').ToWorker} */ message) => {
  if (message.kind === 'read') {
    reads.get(message.id)?.(message.text);
    reads.delete(message.id);
    return;
  }
  compile(message.argv).catch((error) => {
    port.postMessage({ kind: 'crash', output: [...output, String(error?.message ?? error)].join('\n') });
  });
});
