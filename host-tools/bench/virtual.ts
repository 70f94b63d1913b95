// How fast the virtual Pi plays, in seconds of music for a second of this machine's processor, and how soon it begins.

import fs from 'node:fs';
import { buildProgram, finishBuild } from '../build/program.js';
import { JackCapture } from '../capture/jack.js';
import type { Scratch } from '../emulator/scratch.js';
import { archiveOf, settingsMember } from '../media/archive.js';
import { encodeQoa } from '../media/qoa.js';
import { play } from '../play/play.js';
import { playerIni } from '../play/settings.js';
import { Problem } from '../problem.js';
import { PinFilter } from '../virtual-pi/pwm/pin-filter.js';
import { SECOND } from '../virtual-pi/time.js';
import { VirtualPi, type VirtualPiOptions } from '../virtual-pi/virtual-pi.js';
import { clickLatencies } from '../web/latency.js';
import type { BenchRow } from './bench.js';
import { music } from './music.js';

const RATE_HZ = 44_100;
const TRACK_SECONDS = 60;
const FILTER_HZ = 48_000;

/** Virtual seconds a second of processor time. */
function speed(options: VirtualPiOptions): number {
  const before = process.cpuUsage();
  const pi = new VirtualPi(options);
  while (!pi.ended) pi.runTo(pi.now + SECOND / 100);
  const { user, system } = process.cpuUsage(before);
  if (pi.ended.kind !== 'exit' || pi.ended.status !== 0) throw new Problem('not-played', 'the virtual Pi did not play');
  if (pi.hardwareUnderruns || pi.findings.count)
    throw new Problem('not-played', 'the virtual Pi did not play in peace');
  return pi.now / SECOND / ((user + system) / 1e6);
}

/** Playing without and with the instructions' time, and with the pins' bit stream through the filter. */
export async function virtualSpeeds(): Promise<BenchRow[]> {
  const program = await finishBuild(buildProgram({ program: 'player' }));
  const settings = playerIni({ jack: 'pwm1', volumeDb: 0, pace: 'real', demo: false });
  const track = encodeQoa(music(TRACK_SECONDS, RATE_HZ), RATE_HZ, 2);
  const ramDisk = archiveOf([settingsMember(settings), { name: 'music.qoa', bytes: track }]);
  const options = { program, ramDisk };
  const words = (): JackCapture => new JackCapture([], []);
  let samples = 0;
  const pins = new PinFilter({ rateHz: FILTER_HZ }, (left) => (samples += left.length));
  const row = (id: string, what: string, goal: number, measured: number, how: string): BenchRow => ({
    ...{ id, what, unit: 'times', goal, atLeast: true, measured, how },
  });
  const how = `${TRACK_SECONDS} s of QOA, 44.1 kHz stereo, processor time`;
  const rows = [
    row(
      'virtualPlay',
      'virtual playing, times real time',
      20,
      speed({ ...options, words: words(), metered: false }),
      how,
    ),
    row('virtualMetered', '  with the time of instructions', 5, speed({ ...options, words: words() }), 'the same file'),
    row(
      'virtualPins',
      '  with the pins as samples',
      5,
      speed({ ...options, pins, metered: false }),
      'through the filter',
    ),
  ];
  if (samples < TRACK_SECONDS * FILTER_HZ) throw new Problem('not-played', `the pins gave only ${samples} samples`);
  return rows;
}

/** From a click on the page to the first word that it changed. */
export async function clicks(): Promise<BenchRow[]> {
  const all = clickLatencies(await finishBuild(buildProgram({ program: 'player' })));
  const how = `the latest of ${all.length}, pause and go on; the page's machine in Node`;
  return [
    { id: 'clickMs', what: 'click on the page to changed word', unit: 'ms', goal: 60, measured: Math.max(...all), how },
  ];
}

/** From the call of `play` to the firmware's first letter, with everything in the cache. */
export async function virtualStart(scratch: Scratch): Promise<BenchRow[]> {
  const file = scratch.file('music.qoa');
  fs.writeFileSync(file, encodeQoa(music(1, RATE_HZ), RATE_HZ, 2));
  await start(file, scratch);
  const measured = (await start(file, scratch)) / 1000;
  const how = 'play() to the first letter of the console, wall time, warm cache';
  return [{ id: 'virtualStart', what: 'start of --on virtual', unit: 's', goal: 0.5, measured, how }];
}

async function start(file: string, scratch: Scratch): Promise<number> {
  const began = performance.now();
  const playing = play({ files: [file], on: 'virtual', capture: scratch.file('music.jack.wav') });
  for await (const event of playing) {
    if (event.event === 'problem') throw event.problem;
    if (event.event === 'console') return performance.now() - began;
  }
  throw new Problem('not-played', 'the virtual Pi said nothing');
}
