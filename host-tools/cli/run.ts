// mirleft run [PROGRAM]

import { InvalidArgumentError, type Command } from 'commander';
import { version } from '../build/library.js';
import { buildProgram, type Build } from '../build/program.js';
import { formatFault, symbolize } from '../build/symbolize.js';
import { formatProblem } from '../build/compile.js';
import { JackCapture } from '../capture/jack.js';
import { checkDistinct } from '../capture/output.js';
import { findQemu } from '../emulator/find.js';
import { makeScratch, type Scratch } from '../emulator/scratch.js';
import { pack } from '../media/pack.js';
import { aborted } from '../play/aborted.js';
import { CaptureFiles, checkCaptures } from '../play/captures.js';
import { startRun, type RunEnd } from '../play/run-player.js';
import { printable, Problem } from '../problem.js';
import { PROGRAM_ARGUMENT, WASM3_OPTION } from './program-argument.js';
import { problemLine, Status } from './render-errors.js';
import { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { onInterrupt, openKeys } from './render-terminal.js';
import { clock, grouped, kilohertz } from './render-text.js';

interface Flags {
  timeout?: number;
  ramdisk?: string[];
  capture?: string;
  deterministic?: true;
  wasm3?: string;
}

const HELP = `
PROGRAM is the name of one of the library's programs, a project's folder or an entry file; default: the project here,
else the player. The console is on the terminal, keys go to it; where stdin is a pipe, its bytes do.
Exit status: the program's own, 124 after --timeout, 130 after Ctrl-C.

Examples:
  mirleft run                                 the project in this folder
  mirleft run sampler --ramdisk kick.wav snare.wav
  mirleft run tone --capture tone.wav --timeout 5`;

/** As coreutils' timeout has it. */
const TIMED_OUT = 124;

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1e6)) throw new InvalidArgumentError('a number of seconds is wanted.');
  return value;
}

export function register(program: Command): void {
  program
    .command('run')
    .summary('build a program and boot it in the emulator')
    .description('Builds a program and boots it in QEMU, with its console on the terminal.')
    .argument(...PROGRAM_ARGUMENT)
    .option('-t, --timeout <seconds>', 'end it after so many seconds', seconds)
    .option('--ramdisk <files...>', 'files for the RAM disk; what the board cannot decode is decoded')
    .option('-c, --capture <wav>', 'what comes out of the jack, as WAV')
    .option('-d, --deterministic', 'virtual time that counts instructions: the same run every time')
    .option(...WASM3_OPTION)
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, flags: Flags) => {
      process.exitCode = await run(name, flags);
    });
}

async function run(name: string | undefined, flags: Flags): Promise<number> {
  const status = new StatusLine();
  if (flags.capture !== undefined) {
    checkDistinct(flags.ramdisk ?? [], [flags.capture]);
    checkCaptures([flags.capture]);
  }
  await findQemu();
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const scratch = makeScratch();
  try {
    const packed = await packFiles(flags.ramdisk, scratch, status, ending.signal);
    const build = await Promise.race([buildShown(name, flags.wasm3, status), aborted(ending.signal)]);
    if (!build || ending.signal.aborted) return Status.Interrupted;
    const { end, failed } = await boot(build, flags, packed, scratch, status, ending.signal, interrupts.take);
    if (end.fault) status.line(formatFault(symbolize(end.fault, build)));
    if (end.interrupted) return Status.Interrupted;
    if (end.emulator.overtime) return TIMED_OUT;
    if (end.emulator.said !== '') status.line(printable(end.emulator.said.split('\n').at(-1) ?? ''));
    return end.emulator.status || (failed ? Status.Failed : Status.Fine);
  } finally {
    status.clear();
    scratch.remove();
    interrupts.undo();
  }
}

/** The archive, or undefined without files. Throws Problem: here one file that fails is one too many. */
async function packFiles(
  files: string[] | undefined,
  scratch: Scratch,
  status: StatusLine,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (files === undefined) return undefined;
  const archive = scratch.file('ramdisk.tar');
  for await (const event of pack({ files, archive, anything: true, signal })) {
    if (event.event === 'error') throw event.problem;
    if (event.event === 'warning') status.line(`${styleText('yellow', 'note:')} ${event.problem.line()}`);
  }
  return archive;
}

async function buildShown(name: string | undefined, wasm3Dir: string | undefined, status: StatusLine): Promise<Build> {
  status.set('building…');
  const building = buildProgram({
    ...(name === undefined ? {} : { program: name }),
    ...(wasm3Dir === undefined ? {} : { wasm3Dir }),
  });
  for (;;) {
    const { done, value } = await building.next();
    if (!done) {
      if (value.type === 'compiled') for (const warning of value.warnings) status.line(formatProblem(warning));
      continue;
    }
    status.clear();
    status.line(
      styleText(
        'dim',
        `${value.program.name}: kernel8.img of ${grouped(value.image.length)} bytes, build ${value.buildId}; ${
          process.stdin.isTTY ? 'Ctrl-C or Ctrl-A x ends' : 'Ctrl-C ends'
        }`,
      ),
    );
    return value;
  }
}

async function boot(
  build: Build,
  flags: Flags,
  ramDisk: string | undefined,
  scratch: Scratch,
  status: StatusLine,
  signal: AbortSignal,
  interrupt: () => void,
): Promise<{ end: RunEnd; failed: boolean }> {
  const { capture: file } = flags;
  const files = file === undefined ? undefined : new CaptureFiles(() => file, version);
  const keys = openKeys(interrupt, true);
  let failed = false;
  const fail = (problem: Problem): void => {
    if (problem.code === 'time-limit') {
      status.line(styleText('dim', `ended after ${flags.timeout ?? 0} s`));
      return;
    }
    failed = true;
    status.line(problemLine(problem));
  };
  try {
    const run = await startRun(
      {
        scratch,
        image: build.image,
        ramDisk,
        deterministic: flags.deterministic,
        capture: files && new JackCapture([files], [], false),
        keys: keys?.bytes,
        signal,
        limitSeconds: flags.timeout,
        records: false,
      },
      { text: (text) => status.output(text), record: () => undefined, tick: () => undefined, problem: fail },
    );
    const end = await run.ended;
    for (const made of files?.made() ?? [])
      status.line(
        styleText('dim', `${printable(made.file)}: ${clock(made.frames / made.rateHz)} at ${kilohertz(made.rateHz)}`),
      );
    return { end, failed };
  } finally {
    keys?.close();
    if (files) finish(files, fail);
  }
}

function finish(files: CaptureFiles, fail: (problem: Problem) => void): void {
  try {
    files.finish();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    fail(error);
  }
}
