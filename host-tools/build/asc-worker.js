// The AssemblyScript compiler in a worker thread, where it stays warm and blocks nobody. Plain JavaScript, so that it
// loads as it is whatever loader the main thread runs under: asc is 16 MB, and a loader that looks through it needs
// ten seconds. It knows no files: the main thread answers its reads and gets what it writes (compiler.ts).

// @ts-check
import { main as asc } from 'assemblyscript/asc';
import { parentPort } from 'node:worker_threads';

if (!parentPort) throw new Error('this file is a worker thread');
const port = parentPort;

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

/** @param {string[]} argv */
async function compile(argv) {
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
