// mirleft check IMAGE|DIR|DEVICE

import type { Command } from 'commander';
import { checkCard } from '../card/check.js';
import { CHECK_SCHEMA, type CardFinding, type CheckReport, type Severity } from '../card/check-report.js';
import { printable } from '../problem.js';
import { Status } from './render-errors.js';
import { print, printErrors } from './render-json.js';
import { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { onInterrupt } from './render-terminal.js';
import { fit, grouped, plural, sizeText } from './render-text.js';

const HELP = `
Reads an image, the folder where a card is mounted, or a device, and changes nothing: the partition table and FAT, the
VideoCore's files and whether they are a pair, config.txt as a Pi 4 reads it, the kernel, every track.
Exit status: 0 when a Pi boots and plays it as far as can be told from here, 1 when something would keep it from that, 130
after Ctrl-C. Notes do not count.

Examples:
  mirleft check card.img
  mirleft check /media/me/MIRLEFT       a card that is mounted
  sudo mirleft check /dev/sdb           a card as it is
  mirleft check --json card.img         the findings, for other tools`;

export function register(program: Command): void {
  program
    .command('check')
    .summary('tell what would keep a Pi from booting or sounding with a card')
    .description('Looks for what would keep a Pi from booting a card or from playing it, and tells how to mend it.')
    .argument('<target>', 'an image, a folder where a card is mounted, or a device')
    .option('-j, --json', 'the report as JSON on stdout, and nothing else there')
    .addHelpText('after', HELP)
    .action(async (target: string, flags: { json?: true }) => {
      process.exitCode = await run(target, flags.json ?? false);
    });
}

const HEADS: Record<Severity, string> = {
  boot: styleText('red', 'will not boot:'),
  sound: styleText('red', 'will not sound:'),
  note: styleText('yellow', 'note:'),
};

/** `will not boot: start4.elf: is missing; …`. */
function findingLine({ severity, where, what, fix }: CardFinding): string {
  const text = `${where === null ? '' : `${where}: `}${what}${fix === null ? '' : `; ${fix}`}`;
  return `${HEADS[severity]} ${printable(text)}\n`;
}

async function run(target: string, isJson: boolean): Promise<Status> {
  const status = new StatusLine();
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  try {
    const checking = checkCard({ target, signal: ending.signal });
    for (;;) {
      const { done, value } = await checking.next();
      if (done) {
        status.clear();
        if (isJson) print(value);
        else process.stdout.write(`${summary(value)}\n`);
        if (value.interrupted) return Status.Interrupted;
        return value.findings.some(({ severity }) => severity !== 'note') ? Status.Failed : Status.Fine;
      }
      if (value.event === 'looking')
        status.set(fit(`looking at file ${grouped(value.files)}: ${printable(value.path)}`, status.columns - 1));
      else if (!isJson) status.output(findingLine(value.finding));
    }
  } catch (error) {
    if (isJson) printErrors(CHECK_SCHEMA, error);
    throw error;
  } finally {
    status.clear();
    interrupts.undo();
  }
}

function summary(report: CheckReport): string {
  const { findings, fileSystem, freeBytes, firmwareDate, buildId, tracks, interrupted } = report;
  const name = styleText('bold', printable(report.target));
  if (interrupted) return `${name}: interrupted, not all of it was seen`;
  const problems = findings.filter(({ severity }) => severity !== 'note').length;
  const notes = findings.length - problems;
  const verdict = problems === 0 ? styleText('green', 'fine') : styleText('red', plural(problems, 'problem'));
  const facts = [
    ...(fileSystem === null ? [] : [fileSystem]),
    ...(freeBytes === null ? [] : [`${sizeText(freeBytes)} free`]),
    ...(firmwareDate === null ? [] : [`VideoCore firmware of ${firmwareDate}`]),
    ...(buildId === null ? [] : [`kernel of build ${buildId}`]),
    plural(tracks, 'track'),
  ];
  return `${name}: ${verdict}${notes > 0 ? `, ${plural(notes, 'note')}` : ''} (${printable(facts.join(', '))})`;
}
