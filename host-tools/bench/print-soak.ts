// `npm run soak`: an hour of playing with faults of chance, told on the terminal. Arguments: seed and minutes.

import { soak, type SoakProgress, type SoakReport } from './soak.js';

const [seed = 1, minutes = 60] = process.argv.slice(2).map(Number);
if (!Number.isInteger(seed) || seed < 0 || !(minutes > 0 && minutes <= 60)) {
  process.stderr.write('usage: npm run soak -- [seed] [minutes]: a whole number, and up to 60\n');
  process.exit(2);
}
function endInBuild(): never {
  process.stdout.write(`soak: interrupted, seed ${seed}: nothing was played\n`);
  process.exit(130);
}

let playing = false;
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // A second one does not wait, and the build has nothing to tell.
    if (ending.signal.aborted) process.exit(130);
    ending.abort();
    if (!playing) endInBuild();
  });

const live = process.stderr.isTTY;
const clear = (): void => void (live && process.stderr.write('\r\x1b[K'));
/** Virtual minutes between two lines where there is no status line. */
const LINE_MINUTES = 10;
let told = 0;

function progress({ virtualMinutes, faults, speed }: SoakProgress): void {
  const text = `${virtualMinutes.toFixed(1)} of ${minutes} min, ${faults} faults, ${speed.toFixed(1)}×`;
  if (live) process.stderr.write(`\r\x1b[K${text}`);
  else if (virtualMinutes >= told + LINE_MINUTES) {
    told = Math.floor(virtualMinutes / LINE_MINUTES) * LINE_MINUTES;
    process.stderr.write(`${text}\n`);
  }
}

function finish(report: SoakReport): number {
  const { wrong, interrupted } = report;
  for (const line of wrong.slice(0, 20)) process.stdout.write(`${line}\n`);
  const result = wrong.length > 0 ? `${wrong.length} wrong` : interrupted ? 'interrupted' : 'no lost frame';
  const words = interrupted ? `${report.words} words` : `${report.words} of ${report.wordsExpected} words`;
  process.stdout.write(
    `soak: ${result}, seed ${seed}: ` +
      `${report.minutes.toFixed(1)} min of ${report.tracks} tracks in ${report.seconds.toFixed(0)} s ` +
      `(${((report.minutes * 60) / Math.max(report.seconds, 1e-3)).toFixed(1)}×), ${report.faults} faults, ` +
      // The player tells its own count at its end.
      `${interrupted ? '' : `${report.underruns} underruns, `}${report.hardwareUnderruns} hardware underruns, ${words}\n`,
  );
  return interrupted ? 130 : wrong.length === 0 ? 0 : 1;
}

process.stderr.write('building the player\n');
const running = soak({ seed, minutes, signal: ending.signal });
for (;;) {
  const { done, value } = await running.next().catch((error: unknown) => {
    // The compilers that a terminal's Ctrl-C ends as well are no news.
    if (!ending.signal.aborted) throw error;
    return endInBuild();
  });
  playing = true;
  if (!done) {
    progress(value);
    continue;
  }
  clear();
  process.exitCode = finish(value);
  break;
}
// The compiler's thread would keep the process alive after a signal.
process.exit();
