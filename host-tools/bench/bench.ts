// The table of budgets: each number with its goal, measured now, and how. Instructions and virtual time are exact and
// the same on every machine; wall times are this machine's.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCompiler } from '../build/compile.js';
import { buildProgram, finishBuild, type Build } from '../build/program.js';
import { BUDGET, measureSize } from '../build/size.js';
import { makeScratch, type Scratch } from '../emulator/scratch.js';
import { encodeQoa } from '../media/qoa.js';
import { play } from '../play/play.js';
import type { PlayEvent } from '../play/options.js';
import type { PlayReport } from '../play/report.js';
import { Problem } from '../problem.js';
import { busyCard, cardFirstSample, cardReads } from './card-reads.js';
import { cardImage } from './card.js';
import { countDecoders, decodersAvailable } from './decoders.js';
import { flashSpeed } from './flash.js';
import { linkUses } from './link-uses.js';
import { linkGoodput } from './link.js';
import { music } from './music.js';
import { newCode } from './new-code.js';
import { clicks, virtualSpeeds, virtualStart } from './virtual.js';

export interface BenchRow {
  id: string;
  what: string;
  unit: 'KB' | 'KB/s' | 'ms' | 's' | 'instructions' | 'times' | 'MB/s' | '%';
  /** At most this much, or at least; rows without one are there to compare with. */
  goal?: number;
  atLeast?: true;
  measured: number;
  how: string;
}

export type BenchEvent = { type: 'measuring'; what: string } | { type: 'row'; row: BenchRow };

/** Whether a row reaches its goal. */
export const fits = ({ goal, atLeast, measured }: BenchRow): boolean =>
  goal === undefined || (atLeast ? measured >= goal : measured <= goal);

const KB = 1024;
const RATE_HZ = 44_100;
const TRACK_SECONDS = 60;

/** Measures one row after the other. Throws what builds and runs throw. */
export async function* bench(): AsyncGenerator<BenchEvent, BenchRow[]> {
  const rows: BenchRow[] = [];
  const groups: [what: string, measure: (scratch: Scratch) => Promise<BenchRow[]>][] = [
    ['sizes', sizes],
    ['first sample', firstSample],
    ['decoders and chain', decoders],
    ['building', builds],
    [`a track of ${TRACK_SECONDS} s`, longTrack],
    ["a card's image", cardImage],
    ['a card written and compared', flashSpeed],
    ['a card read', cardReads],
    ['the first sample from a card', cardFirstSample],
    ['a busy card', busyCard],
    ['the virtual Pi', virtualSpeeds],
    ['its start', virtualStart],
    ['clicks on the page', clicks],
    ['the serial line', linkGoodput],
    ['what waits for it', linkUses],
    ['new code on a board that plays', newCode],
  ];
  for (const [what, measure] of groups) {
    yield { type: 'measuring', what };
    const scratch = makeScratch();
    try {
      for (const row of await measure(scratch)) {
        rows.push(row);
        yield { type: 'row', row };
      }
    } finally {
      scratch.remove();
    }
  }
  return rows;
}

async function sizes(): Promise<BenchRow[]> {
  const report = measureSize(await finishBuild(buildProgram({ program: 'player' })));
  const row = (id: string, what: string, goal: number, bytes: number, how: string): BenchRow => ({
    ...{ id, what, unit: 'KB', goal, measured: bytes / KB, how },
  });
  return [
    row('systemBytes', 'wasm3 and boot', BUDGET.system / KB, report.systemBytes, `${report.systemBytes} bytes`),
    row(
      'kernelBytes',
      'kernel8.img with the player',
      BUDGET.kernel / KB,
      report.kernelBytes,
      `${report.kernelBytes} bytes`,
    ),
  ];
}

/** Plays a QOA file through the player; what it tells, and its report. */
async function playMusic(
  scratch: Scratch,
  seconds: number,
  deterministic: boolean,
  build: Build,
  onEvent: (event: PlayEvent) => void = () => undefined,
): Promise<PlayReport> {
  const file = scratch.file('music.qoa');
  fs.writeFileSync(file, encodeQoa(music(seconds, RATE_HZ), RATE_HZ, 2));
  const playing = play({ files: [file], deterministic, build, capture: scratch.file('music.jack.wav') });
  for (;;) {
    const { done, value } = await playing.next();
    if (!done) {
      if (value.event === 'problem') throw value.problem;
      onEvent(value);
    } else if (value.underruns) {
      throw new Problem('not-played', `there were ${value.underruns} underruns`);
    } else {
      return value;
    }
  }
}

async function firstSample(scratch: Scratch): Promise<BenchRow[]> {
  const build = await finishBuild(buildProgram({ program: 'player' }));
  const { firstSampleMs } = await playMusic(scratch, 1, true, build);
  if (firstSampleMs === undefined) throw new Problem('not-played', 'the player did not tell when it began');
  const how = 'virtual, kernel entry to the first QOA frame at the jack; the ramp of 64 ms included';
  return [{ id: 'firstSampleMs', what: 'first sample', unit: 'ms', goal: 80, measured: firstSampleMs, how }];
}

async function decoders(): Promise<BenchRow[]> {
  if (!decodersAvailable()) return [];
  const { wasm3, wasm2c, c, chain } = await countDecoders(encodeQoa(music(1, RATE_HZ), RATE_HZ, 2));
  const sample = ({ instructions, frames }: typeof c): number => instructions / frames / 2;
  const unit = 'instructions';
  return [
    {
      ...{ id: 'qoaWasm3', what: 'QOA decode, a sample, on wasm3', unit, goal: 450, measured: sample(wasm3) },
      how: `${wasm3.frames} stereo frames, -icount`,
    },
    {
      ...{ id: 'qoaWasm2c', what: '  the same module, wasm2c and clang -O2', unit, measured: sample(wasm2c) },
      how: 'same file, same run, bounds checks kept',
    },
    {
      ...{ id: 'qoaC', what: '  a plain C decoder, clang -O2', unit, measured: sample(c) },
      how: 'same file, same run',
    },
    {
      ...{ id: 'chain', what: 'QOA to DMA words, a stereo frame', unit, goal: 1200 },
      ...{ measured: chain.instructions / chain.frames, how: 'steps of decoder, volume, words and DMA; no CRC' },
    },
  ];
}

/** A program of the player's size that is new to every cache. */
function changedProgram(scratch: Scratch, mark: string): string {
  const folder = scratch.file(`changed-${mark}`);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(
    path.join(folder, 'main.ts'),
    `export { start, step } from 'mirleft/firmware/programs/player/main'; // ${mark} ${process.pid} ${Date.now()}\n`,
  );
  return folder;
}

async function builds(scratch: Scratch): Promise<BenchRow[]> {
  const compiler = createCompiler({ cache: false });
  let warmMs: number;
  try {
    await finishBuild(buildProgram({ program: changedProgram(scratch, 'first'), compiler }));
    const { times } = await finishBuild(buildProgram({ program: changedProgram(scratch, 'second'), compiler }));
    warmMs = times.totalMs;
  } finally {
    await compiler.close();
  }
  const start = performance.now();
  await buildInProcess(changedProgram(scratch, 'third'), scratch.file('out'));
  const coldMs = performance.now() - start;
  const row = (id: string, what: string, goal: number, ms: number, how: string): BenchRow => ({
    ...{ id, what, unit: 's', goal, measured: ms / 1000, how },
  });
  return [
    row('buildWarm', 'build after a change, warm compiler', 1.5, warmMs, 'the player, wall time'),
    row('buildCold', 'build after a change, new process', 8, coldMs, 'mirleft build, wall time'),
  ];
}

/** `mirleft build` as a command, run as this process is: compiled or through a loader. */
async function buildInProcess(program: string, out: string): Promise<void> {
  const here = fileURLToPath(import.meta.url);
  const main = path.join(path.dirname(here), '..', 'cli', `main${path.extname(here)}`);
  const child = spawn(process.execPath, [...process.execArgv, main, 'build', program, '--out', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  if (status !== 0) throw new Problem('tool-failed', 'mirleft build failed', { details: said.trim() });
}

async function longTrack(scratch: Scratch): Promise<BenchRow[]> {
  const build = await finishBuild(buildProgram({ program: 'player' }));
  let booted = 0;
  let finished = 0;
  await playMusic(scratch, TRACK_SECONDS, false, build, (event) => {
    if (event.event !== 'stage') return;
    if (event.stage === 'booting') booted = performance.now();
    if (event.stage === 'finishing') finished = performance.now();
  });
  const measured = (finished - booted) / 1000;
  const how = 'QOA, boot to power-off, wall time, not deterministic';
  return [{ id: 'playSeconds', what: `a ${TRACK_SECONDS} s track in QEMU`, unit: 's', goal: 10, measured, how }];
}
