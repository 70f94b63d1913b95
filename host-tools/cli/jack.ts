// mirleft jack [FILE…]

import { InvalidArgumentError, type Command } from 'commander';
import { highestTone } from '../measure/analysis.js';
import { measureJack, type JackOptions } from '../measure/jack.js';
import { JACK_SCHEMA, type JackEvent, type JackReport } from '../measure/report.js';
import { WASM3_OPTION } from './program-argument.js';
import { problemLine, Status } from './render-errors.js';
import { formatJack } from './render-jack.js';
import { print, printErrors } from './render-json.js';
import { onInterrupt } from './render-terminal.js';

interface Flags {
  tone?: number[];
  rate?: number;
  plot?: string;
  json?: true;
  wasm3?: string;
}

const HELP = `
Measured is a model of the chip with ideal edges, not a board: what the words and the way of the PWM make of a tone.
All numbers are from 20 Hz to 20 kHz; 0 dBFS is a sine between the ends of the PWM's range. A click is the largest peak
between 2 and 20 kHz while the jack starts, stops, pauses, goes on, seeks or changes tracks; "own" is what the sound
has there by itself. "heard" is what is above -60 dBFS and 3 dB above its own; of files, a beginning or an end that is
abrupt in the file itself counts too. A tone above 9.3 kHz (at 48 kHz) has more noise: the carrier less three
times the tone is then below 20 kHz. docs/virtual-pi.md tells how each is measured.
Exit status: 0, 1 if anything failed, the jack ran dry or the chip found fault, 2 for wrong options, 130 after Ctrl-C.

Examples:
  mirleft jack                                tones, silence, crosstalk, and the clicks of a session
  mirleft jack --tone 440,15000 --plot a.svg  other tones, and their spectra
  mirleft jack song.flac                      what the jack makes of a file
  mirleft jack --json > jack.json             the report, for other tools`;

const [LOWEST_RATE, HIGHEST_RATE] = [44_100, 768_000];

function rate(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= LOWEST_RATE && value <= HIGHEST_RATE))
    throw new InvalidArgumentError(`samples a second from ${LOWEST_RATE} to ${HIGHEST_RATE} are wanted.`);
  return value;
}

function tones(text: string): number[] {
  const values = text.split(',').map((each) => (each.trim() === '' ? NaN : Number(each)));
  const highest = highestTone(HIGHEST_RATE);
  if (values.length > 16 || !values.every((hz) => hz >= 50 && hz <= highest))
    throw new InvalidArgumentError(`up to 16 frequencies in Hz from 50 to ${highest} are wanted, with commas between.`);
  return values;
}

export function register(program: Command): void {
  program
    .command('jack')
    .summary('measure the jack on the virtual Pi: SINAD, THD, noise, crosstalk, clicks')
    .description("Plays on the virtual Pi and measures what comes out of the jack's pins.")
    .argument('[files...]', 'sound files; none: tones, silence and a session of keys')
    .option('-t, --tone <hz,...>', 'frequencies of the tones (default: 997,5987,9973)', tones)
    .option('--rate <hz>', 'samples a second that are measured (default: 192000)', rate)
    .option('-p, --plot <svg>', 'the spectra; an earlier .svg is replaced')
    .option('-j, --json', 'the report as JSON on stdout, and nothing else there')
    .option(...WASM3_OPTION)
    .addHelpText('after', HELP)
    .action(async (files: string[], flags: Flags) => {
      process.exitCode = await run(files, flags);
    });
}

async function run(files: string[], flags: Flags): Promise<Status> {
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const options: JackOptions = {
    files,
    signal: ending.signal,
    ...(flags.tone === undefined ? {} : { tonesHz: flags.tone }),
    ...(flags.rate === undefined ? {} : { rateHz: flags.rate }),
    ...(flags.plot === undefined ? {} : { plot: flags.plot }),
    ...(flags.wasm3 === undefined ? {} : { wasm3Dir: flags.wasm3 }),
  };
  try {
    const report = await follow(measureJack(options));
    if (flags.json) print(report);
    if (report.interrupted) {
      process.stderr.write('interrupted\n');
      return Status.Interrupted;
    }
    // Where every file failed there is nothing to tell but that.
    if (!flags.json && report.pwm) process.stdout.write(`${formatJack(report)}\n`);
    const wrong = report.underruns + report.hardwareUnderruns + report.findings.length + report.errors.length;
    return wrong === 0 ? Status.Fine : Status.Failed;
  } catch (error) {
    if (flags.json) printErrors(JACK_SCHEMA, error);
    throw error;
  } finally {
    interrupts.undo();
  }
}

const STAGES: Record<Extract<JackEvent, { event: 'stage' }>['stage'], string> = {
  building: 'building the player',
  tones: 'playing tones',
  files: 'playing the files',
  session: 'playing a session of keys',
  measuring: 'measuring',
};

async function follow(measuring: AsyncGenerator<JackEvent, JackReport>): Promise<JackReport> {
  for (;;) {
    const { done, value } = await measuring.next();
    if (done) return value;
    if (value.event === 'stage') process.stderr.write(`${STAGES[value.stage]}\n`);
    else if (value.event === 'error') process.stderr.write(`${problemLine(value.problem)}\n`);
    else if (value.event === 'wrote') process.stderr.write(`wrote ${value.file}\n`);
  }
}
