// The report of `mirleft jack` for people: a table of the tones, silence, crosstalk and clicks.

import type { ToneAnalysis } from '../measure/analysis.js';
import { HEARD_DBFS, SAME_DB, type ClickEvent } from '../measure/clicks.js';
import type { JackReport, TrackMeasure } from '../measure/report.js';
import { printable } from '../problem.js';

/** Below this there is only the measurement itself. */
const NOTHING_DB = -130;
const NAME = 24;
/** Of a column: two blanks at least before the longest head. */
const CELL = 12;

const db = (value: number): string => (value < NOTHING_DB ? `< ${NOTHING_DB}` : value.toFixed(1));

const EVENTS: Record<ClickEvent, string> = {
  start: 'start',
  stop: 'stop',
  pause: 'pause',
  resume: 'going on',
  seek: 'seek',
  track: 'track change',
};

function row(name: string, ...cells: string[]): string {
  const shown = name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name;
  return `${shown.padEnd(NAME)}${cells.map((cell) => cell.padStart(CELL)).join('')}`;
}

function toneRow(name: string, tone: ToneAnalysis): string {
  const thd = tone.thdDb === null ? '-' : db(tone.thdDb);
  const [hz, sinad] = [tone.frequencyHz, tone.sinadDb].map((value) => (value === null ? '-' : value.toFixed(1)));
  return row(name, hz ?? '-', db(tone.levelDbfs), sinad ?? '-', thd, db(tone.noiseDbfs));
}

/** Both channels in one row where they are the same. */
function trackRows({ name, left, right }: TrackMeasure): string[] {
  const shown = printable(name);
  const near = (one: number | null, two: number | null): boolean =>
    one === two || (one !== null && two !== null && Math.abs(one - two) < 0.05);
  // Silence is the same however far below all it is.
  const silent = left.sinadDb === null && right.sinadDb === null;
  const same = silent || (near(left.sinadDb, right.sinadDb) && near(left.levelDbfs, right.levelDbfs));
  return same ? [toneRow(shown, left)] : [toneRow(`${shown}, left`, left), toneRow('  right', right)];
}

/** Why a high tone has more noise than the others. */
function mirrored({ pwm, tracks, bandHz }: JackReport): string[] {
  if (!pwm) return [];
  const from = (pwm.carrierHz - bandHz[1]) / 3;
  const high = tracks.some(({ wantedHz }) => wantedHz !== null && wantedHz > from);
  const [to, least] = [bandHz[1] / 1000, from / 1000].map((khz) => khz.toFixed(khz < 10 ? 1 : 0));
  return high ? [`tones above ${least} kHz have more noise: the carrier less 3 times the tone is below ${to} kHz`] : [];
}

/** The whole report; lines. */
export function formatJack(report: JackReport): string {
  const { pwm, tracks, silence, crosstalk, clicks } = report;
  const lines: string[] = [];
  if (pwm) lines.push(`${pwm.output}, carrier ${pwm.carrierHz.toFixed(1)} Hz, ${pwm.range} clocks a period`);
  if (tracks.length > 0) {
    lines.push('', row('', 'Hz', 'dBFS', 'SINAD dB', 'THD dB', 'noise dBFS'), ...tracks.flatMap(trackRows));
    const ppm = tracks[0]?.deviationPpm;
    if (typeof ppm === 'number')
      lines.push(`the rate is off by ${ppm >= 0 ? '+' : '−'}${Math.abs(ppm).toFixed(0)} ppm`);
    lines.push(...mirrored(report));
  }
  if (silence) lines.push('', row('silence, dBFS', db(Math.max(silence.leftDbfs, silence.rightDbfs))));
  if (crosstalk)
    lines.push(
      row('left in right, dB', db(crosstalk.leftToRightDb)),
      row('right in left, dB', db(crosstalk.rightToLeftDb)),
    );
  if (clicks.length > 0) {
    lines.push('', row('clicks, 2 to 20 kHz', 'at ms', 'peak dBFS', 'own dBFS'));
    for (const { event, atMs, peakDbfs, ownDbfs, heard } of clicks)
      lines.push(row(EVENTS[event], atMs.toFixed(0), db(peakDbfs), db(ownDbfs)) + (heard ? '  heard' : ''));
    lines.push(`at ms: virtual, since power on; heard: above ${HEARD_DBFS} dBFS and ${SAME_DB} dB above its own`);
    if (tracks.some(({ wantedHz }) => wantedHz === null))
      lines.push('a beginning or an end that is abrupt in the file itself counts too');
  }
  lines.push(
    '',
    row('underruns', String(report.underruns)),
    row('hardware underruns', String(report.hardwareUnderruns)),
  );
  for (const finding of report.findings) lines.push(`finding: ${printable(finding)}`);
  return lines.join('\n');
}
