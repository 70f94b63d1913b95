// mirleft run [PROGRAM]

import { InvalidArgumentError, type Command } from 'commander';
import { version } from '../build/library.js';
import { buildProgram, type Build } from '../build/program.js';
import type { FaultReport } from '../build/faults.js';
import { formatFault, symbolize } from '../build/symbolize.js';
import { formatProblem } from '../build/compile.js';
import { JackCapture } from '../capture/jack.js';
import { checkDistinct } from '../capture/output.js';
import { findQemu } from '../emulator/find.js';
import { makeScratch, type Scratch } from '../emulator/scratch.js';
import { LineServer } from '../link/line-server.js';
import { pack } from '../media/pack.js';
import { aborted } from '../play/aborted.js';
import { CaptureFiles, checkCaptures } from '../play/captures.js';
import type { Target } from '../play/options.js';
import { startRun, type RunEnd } from '../play/run-player.js';
import { startVirtualRun } from '../play/run-virtual.js';
import { printable, Problem } from '../problem.js';
import { PROGRAM_ARGUMENT, targetOption, WASM3_OPTION } from './program-argument.js';
import { problemLine, Status } from './render-errors.js';
import { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { ENDING_KEYS, onInterrupt, openKeys } from './render-terminal.js';
import { clock, grouped } from './render-text.js';
import { givenArchive } from './run-archive.js';
import { nextImage, nextProgram, virtualBoot } from './run-boots.js';
import { builtProgram, CardRun, type Runnable } from './run-card.js';

interface Flags {
  timeout?: number;
  ramdisk?: string[];
  card?: string;
  snapshot?: true;
  capture?: string;
  deterministic?: true;
  restartOnFault?: true;
  on: Target;
  wasm3?: string;
}

const HELP = `
PROGRAM is the name of one of the library's programs, a project's folder or an entry file; default: the project here,
else the player. The console is on the terminal, keys go to it; where stdin is a pipe, its bytes do. The port that it
prints is the board's serial line for mirleft console and the others in another terminal.
With --on virtual time is virtual, --timeout too: as fast as it can be where stdin is a pipe or a file, at the speed of
time in a terminal and while somebody has the port.
With --card the card's own kernel starts, where its config.txt says, and finds the card in the slot that a board uses. What
it writes stays on the card, so that it goes on from there the next time; --snapshot leaves the card as it was. A PROGRAM
takes the place of the card's kernel. On the virtual Pi the card is written when the run ends.
A board that restarts boots again what it has booted, or with --card the kernel that the card has then; with --snapshot
QEMU has the first one only. What a board keeps in memory over a restart is kept.
A fault ends the run, unless --restart-on-fault makes it do what on_fault in player.ini says, as on a board: restart if the
program has run for a minute, else stop.
Exit status: the program's own, 1 after a fault, 124 after --timeout, 130 after Ctrl-C. With --restart-on-fault QEMU tells no
status of the program: 0.

Examples:
  mirleft run                                 the project in this folder
  mirleft run sampler --ramdisk kick.wav snare.wav
  mirleft run tone --capture tone.wav --timeout 5
  mirleft run --card card.img                 what mirleft image has made, as a Pi would boot it
  mirleft run player --card card.img --snapshot
  mirleft run blink --on virtual              on the model of the chip`;

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
    .summary('build a program and boot it in the emulator or the virtual Pi')
    .description('Builds a program and boots it in QEMU, with its console on the terminal.')
    .argument(...PROGRAM_ARGUMENT)
    .option('-t, --timeout <seconds>', 'end it after so many seconds, with --on virtual of virtual time', seconds)
    .option(
      '--ramdisk <files...>',
      'files for the RAM disk, decoded where the board cannot; or one ustar archive as it is',
    )
    .option('--card <image>', 'boot this image of an SD card; with PROGRAM, only have it in the slot')
    .option('--snapshot', 'leave the card as it was')
    .option('-c, --capture <wav>', 'what comes out of the jack, as WAV')
    .option('-d, --deterministic', 'virtual time that counts instructions: the same run every time')
    .option('--restart-on-fault', 'after a fault go on as a board does')
    .addOption(targetOption('what runs it'))
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
  if (flags.snapshot && flags.card === undefined)
    throw new Problem('usage', 'there is no card to leave as it was', { hint: 'name one with --card' });
  const card = flags.card === undefined ? undefined : new CardRun(flags.card, !!flags.snapshot, name !== undefined);
  for (const note of card?.boot.notes ?? []) status.line(`${styleText('yellow', 'note:')} ${printable(note)}`);
  if (flags.on !== 'virtual') await findQemu();
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const scratch = makeScratch();
  try {
    const packed = await packFiles(flags.ramdisk, scratch, status, ending.signal);
    const program = await Promise.race([programShown(name, card, flags.wasm3, status), aborted(ending.signal)]);
    if (!program || ending.signal.aborted) return Status.Interrupted;
    const { end, failed } = await boot(program, card, flags, packed, scratch, status, ending.signal, interrupts.take);
    for (const finding of end.virtual?.findings ?? [])
      status.line(`${styleText('yellow', 'finding:')} ${printable(finding)}`);
    if (end.interrupted) return Status.Interrupted;
    if (end.emulator.overtime) return TIMED_OUT;
    if (end.emulator.said !== '') status.line(printable(end.emulator.said.split('\n').at(-1) ?? ''));
    return end.emulator.status || (failed || (end.fault && flags.restartOnFault) ? Status.Failed : Status.Fine);
  } finally {
    status.clear();
    scratch.remove();
    interrupts.undo();
  }
}

/** The archive, which may be the one that was given, or undefined without files. Throws Problem: here one file that fails is one too many. */
async function packFiles(
  files: string[] | undefined,
  scratch: Scratch,
  status: StatusLine,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (files === undefined) return undefined;
  const given = givenArchive(files);
  if (given !== undefined) return given;
  const archive = scratch.file('ramdisk.tar');
  for await (const event of pack({ files, archive, anything: true, signal })) {
    if (event.event === 'error') throw event.problem;
    if (event.event === 'warning') status.line(`${styleText('yellow', 'note:')} ${event.problem.line()}`);
  }
  return archive;
}

/** The program that was named, built, or the card's kernel, and a line about it. */
async function programShown(
  name: string | undefined,
  card: CardRun | undefined,
  wasm3Dir: string | undefined,
  status: StatusLine,
): Promise<Runnable> {
  const program = name === undefined && card ? card.program : builtProgram(await buildQuietly(name, wasm3Dir, status));
  status.clear();
  const build = program.buildId === '' ? '' : `, build ${program.buildId}`;
  const ends = process.stdin.isTTY ? ENDING_KEYS : 'Ctrl-C ends';
  const size = `kernel8.img of ${grouped(program.image.length)} bytes`;
  status.line(styleText('dim', `${printable(program.name)}: ${size}${build}; ${ends}`));
  return program;
}

/** Only the compiler's warnings are shown. */
async function buildQuietly(
  name: string | undefined,
  wasm3Dir: string | undefined,
  status: StatusLine,
): Promise<Build> {
  status.set('building…');
  const building = buildProgram({
    ...(name === undefined ? {} : { program: name }),
    ...(wasm3Dir === undefined ? {} : { wasm3Dir }),
  });
  for (;;) {
    const { done, value } = await building.next();
    if (done) return value;
    if (value.type === 'compiled') for (const warning of value.warnings) status.line(formatProblem(warning));
  }
}

async function boot(
  program: Runnable,
  card: CardRun | undefined,
  flags: Flags,
  ramDisk: string | undefined,
  scratch: Scratch,
  status: StatusLine,
  signal: AbortSignal,
  interrupt: () => void,
): Promise<{ end: RunEnd; failed: boolean }> {
  const { capture: file } = flags;
  const files = file === undefined ? undefined : new CaptureFiles(() => file, version);
  const line = await LineServer.listen(scratch.file('uart'));
  status.line(styleText('dim', `port: ${line.path} (mirleft console --port ${line.path})`));
  const keys = openKeys(interrupt, true);
  let failed = false;
  let end: RunEnd;
  const fail = (problem: Problem): void => {
    if (problem.code === 'time-limit') {
      status.line(
        styleText('dim', `ended after ${flags.timeout ?? 0} s${flags.on === 'virtual' ? ' of virtual time' : ''}`),
      );
      return;
    }
    failed = true;
    status.line(problemLine(problem));
  };
  try {
    const events = {
      text: (text: string) => status.output(text),
      record: () => undefined,
      tick: () => undefined,
      problem: fail,
      fault: (report: FaultReport) => status.line(formatFault(symbolize(report, program))),
    };
    const common = {
      capture: files && new JackCapture([files], [], false),
      keys: keys?.bytes,
      signal,
      records: false,
      line,
    };
    const run =
      flags.on === 'virtual'
        ? startVirtualRun(
            {
              ...common,
              ...virtualBoot(program, card, ramDisk),
              // Who types wants the machine's time to be his own.
              realtime: process.stdin.isTTY,
              virtualSeconds: flags.timeout,
              nextBoot: nextProgram(card, program, ramDisk, !!flags.restartOnFault),
            },
            events,
          )
        : await startRun(
            {
              ...common,
              limitSeconds: flags.timeout,
              scratch,
              ...(card ? card.bootImage(program, scratch, ramDisk) : { image: program.image, ramDisk }),
              card: card?.image,
              cardSnapshot: card?.isSnapshot,
              deterministic: flags.deterministic,
              resets: true,
              undebugged: flags.restartOnFault,
              nextBoot: nextImage(card, scratch, ramDisk),
            },
            events,
          );
    end = await run.ended;
    for (const made of files?.made() ?? [])
      status.line(
        styleText('dim', `${printable(made.file)}: ${clock(made.frames / made.rateHz)} at ${made.rateHz} Hz`),
      );
  } finally {
    keys?.close();
    line.close();
    finish(files, card, fail);
  }
  return { end, failed };
}

function finish(files: CaptureFiles | undefined, card: CardRun | undefined, fail: (problem: Problem) => void): void {
  for (const part of [card, files])
    try {
      part?.finish();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      fail(error);
    }
}
