// From a save to the new code running, in QEMU: a small firmware, and the player. Wall times, this machine's.

import fs from 'node:fs';
import path from 'node:path';
import { createCompiler, type Compiler } from '../build/compile.js';
import { stripModule } from '../build/image.js';
import { QUICK_PASSES } from '../build/passes.js';
import { findProgram, type Program } from '../build/project.js';
import { WARM_BUILDS } from '../dev/builds.js';
import type { Scratch } from '../emulator/scratch.js';
import { openEmulator } from '../link/emulator-port.js';
import { Link } from '../link/link.js';
import { ModuleClient, type SwapReport } from '../link/module-client.js';
import { createProject } from '../project/new.js';
import type { BenchRow } from './bench.js';

const LINES = 300;
/** The first brings all of a quick build; what follows is what a save costs. */
const SAVES = 4;

interface Save extends SwapReport {
  compileMs: number;
  totalMs: number;
}

/** A project of LINES lines: the template, with functions behind it that are all used. */
function smallFirmware(folder: string): Program {
  createProject(folder);
  const main = path.join(folder, 'main.ts');
  const text = fs.readFileSync(main, 'utf8');
  const functions: string[] = [];
  const count = Math.floor((LINES - text.split('\n').length) / 4);
  for (let i = 0; i < count; i++)
    functions.push(
      `function shape${i}(x: i32): i32 {`,
      `  const y = x * ${i + 3} + (x >> ${(i % 7) + 1});`,
      `  return y ^ ${i};`,
      '}',
    );
  const calls = Array.from({ length: count }, (_, i) => `shape${i}(events)`).join(' + ');
  const used = text
    .replace('step(_events: i32)', 'step(events: i32)')
    .replace('  output.pump();', `  if ((${calls}) === 1) output.pump();\n  output.pump();`);
  fs.writeFileSync(main, `${used}${functions.join('\n')}\n`);
  return findProgram(folder);
}

/** Saves with another number each time, as `mirleft dev` has them: compile, send what differs, swap. */
async function saves(program: Program, file: string, edit: (text: string, i: number) => string): Promise<Save[]> {
  const compiler = createCompiler({ cache: false });
  const transport = await openEmulator(undefined, program);
  try {
    const link = await Link.connect(transport, { timeoutMs: 20_000 });
    const client = new ModuleClient(link);
    const text = fs.readFileSync(file, 'utf8');
    // As dev does before the first save.
    for (let i = 0; i < WARM_BUILDS; i++) await quick(compiler, program, file, text);
    const made: Save[] = [];
    for (let i = 0; i < SAVES; i++) {
      const begun = performance.now();
      const module = await quick(compiler, program, file, edit(text, i));
      const compileMs = performance.now() - begun;
      const report = await client.replace(module);
      made.push({ ...report, compileMs, totalMs: performance.now() - begun });
    }
    await link.leave();
    return made.slice(1);
  } finally {
    await transport.close();
    await compiler.close();
  }
}

async function quick(compiler: Compiler, { entry, folder }: Program, file: string, text: string): Promise<Uint8Array> {
  const { wasm } = await compiler.compile({
    entry,
    board: true,
    optimize: 0,
    flags: ['--runPasses', QUICK_PASSES.join(',')],
    replaced: new Map([[file, text]]),
    ...(folder === undefined ? {} : { root: folder }),
  });
  return stripModule(wasm);
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

function rowsOf(id: string, what: string, goal: number, made: readonly Save[]): BenchRow[] {
  const ms = (of: (save: Save) => number): number => middle(made.map(of));
  const sent = middle(made.map(({ sentBytes }) => sentBytes));
  const bytes = made[0]?.bytes ?? NaN;
  return [
    {
      id: `${id}Save`,
      what: `save to running: ${what}`,
      unit: 'ms',
      goal,
      measured: ms(({ totalMs }) => totalMs),
      how: `quick build, ${sent} of ${bytes} bytes sent`,
    },
    {
      id: `${id}Compile`,
      what: '  of which compiling',
      unit: 'ms',
      measured: ms(({ compileMs }) => compileMs),
      how: 'with the compiler warm, nothing cached',
    },
    {
      id: `${id}Send`,
      what: '  of which sending',
      unit: 'ms',
      measured: ms(({ sendMs }) => sendMs),
      how: "through QEMU's UART",
    },
    {
      id: `${id}Load`,
      what: '  of which loading and compiling on the board',
      unit: 'ms',
      measured: ms(({ totalMs, compileMs, sendMs, swapMs }) => totalMs - compileMs - sendMs - swapMs),
      how: 'while the old module plays on',
    },
    {
      id: `${id}Swap`,
      what: '  the swap alone',
      unit: 'ms',
      goal: 50,
      measured: ms(({ swapMs }) => swapMs),
      how: 'no module runs, or the new one starts: the board has told',
    },
  ];
}

/** Measures both. */
export async function newCode(scratch: Scratch): Promise<BenchRow[]> {
  const small = smallFirmware(scratch.file('small'));
  const smallSaves = await saves(small, small.entry, (text, i) =>
    text.replace('tone.tone(440)', `tone.tone(${441 + i})`),
  );
  const player = findProgram('player');
  const banner = path.join(path.dirname(player.entry), '..', '..', 'player', 'player.ts');
  const playerSaves = await saves(player, banner, (text, i) => text.replace("'end of tracks;", `'end of ${i} tracks;`));
  return [
    ...rowsOf('small', `a firmware of ${LINES} lines`, 500, smallSaves),
    ...rowsOf('player', 'the player', 2000, playerSaves),
  ];
}
