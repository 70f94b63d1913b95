// An hour of playing on the virtual Pi with faults of chance: late they may make it, but of the tracks every word must
// come, once and in order. What is expected is what the same tracks come to without faults, one after the other.

import crypto from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { BlockKind, JackRegister } from '../../drivers/jack-keys.js';
import type { WordEvents } from '../capture/ring.js';
import { buildProgram, finishBuild } from '../build/program.js';
import { archiveOf, settingsMember } from '../media/archive.js';
import { encodeQoa } from '../media/qoa.js';
import { encodeWav } from '../media/wav.js';
import { playerIni } from '../play/settings.js';
import { FaultRun } from '../virtual-pi/faults/fault-run.js';
import { randomFaults, type FaultKind } from '../virtual-pi/faults/faults.js';
import { formatFinding } from '../virtual-pi/findings.js';
import type { ProgramSource } from '../virtual-pi/board/program.js';
import { MILLISECOND, SECOND, toMs } from '../virtual-pi/time.js';
import { VirtualPi } from '../virtual-pi/virtual-pi.js';
import { music } from './music.js';

/** All that need no driver of its own and press no button, as `bounce` does. Each a second apart on average. */
const KINDS: readonly FaultKind[] = ['stall-cpu', 'stall-dma', 'uart-burst', 'clock-ppm', 'temperature', 'throttled'];
const FAULTS_A_MINUTE = 60;
/** Virtual time between two looks. */
const GRAIN = 100 * MILLISECOND;
/** Real time between two times that others may run and progress is told. */
const TELL_MS = 500;
const MINUTE_MS = 60_000;

export interface SoakOptions {
  minutes: number;
  seed: number;
  /** Default: the library's player. */
  program?: ProgramSource;
  /** Ends the run early. */
  signal?: AbortSignal;
}

export interface SoakReport {
  seed: number;
  minutes: number;
  tracks: number;
  faults: number;
  /** As the driver counts them, and falls of the pins. */
  underruns: number;
  hardwareUnderruns: number;
  /** Words of tracks that came, and that were to come. */
  words: number;
  wordsExpected: number;
  /** What is wrong, a line each; none: every word came, once and in order. */
  wrong: string[];
  /** Whether it was ended early: tracks that did not end then are not judged. */
  interrupted: boolean;
  /** Real seconds, of the run alone. */
  seconds: number;
}

export interface SoakProgress {
  virtualMinutes: number;
  faults: number;
  speed: number;
}

interface Track {
  name: string;
  bytes: Uint8Array;
  seconds: number;
}

/** Words of each track: how many, and their sum. */
interface Sum {
  words: number;
  sha256: string;
}

class TrackSums implements WordEvents {
  readonly tracks: Sum[] = [];
  private hash = crypto.createHash('sha256');
  private words = 0;
  private open = false;

  block(words: Uint32Array, kind: number): void {
    if (kind !== Number(BlockKind.Track)) return;
    this.open = true;
    this.words += words.length;
    this.hash.update(words);
  }

  register(offset: number): void {
    if (offset === Number(JackRegister.NoteTrack)) this.end();
  }

  end(): void {
    if (!this.open) return;
    this.tracks.push({ words: this.words, sha256: this.hash.digest('hex') });
    this.hash = crypto.createHash('sha256');
    this.words = 0;
    this.open = false;
  }
}

const wav = (samples: Int16Array, rateHz: number, channels: 1 | 2): Uint8Array =>
  encodeWav({ rateHz, channels, bits: 16, samples });

/** Most of it QOA; others come between so that the jack closes and opens at another rate. */
function makeTracks(): Track[] {
  const [cd, dvd, phone] = [20, 5, 5];
  return [
    { name: 'cd.qoa', bytes: encodeQoa(music(cd, 44_100), 44_100, 2), seconds: cd },
    { name: 'dvd.wav', bytes: wav(music(dvd, 48_000), 48_000, 2), seconds: dvd },
    { name: 'phone.wav', bytes: wav(music(phone / 2, 8000), 8000, 1), seconds: phone },
  ];
}

const archive = (tracks: readonly Track[]): Uint8Array =>
  archiveOf([settingsMember(playerIni({ jack: 'pwm1', volumeDb: 0, pace: 'real', demo: false })), ...tracks]);

/** The tracks in turn, four of the first to one of each other, until they are as long as wanted. */
function programme(tracks: readonly Track[], seconds: number): Track[] {
  const list: Track[] = [];
  const turn = [0, 0, 1, 0, 0, 2];
  for (let sum = 0, i = 0; sum < seconds; i++) {
    const track = tracks[turn[i % turn.length] ?? 0];
    if (!track) break;
    list.push(track);
    sum += track.seconds;
  }
  return list;
}

/** Runs it; tells how far it is every half second. Throws what builds throw. */
export async function* soak({ minutes, seed, program, signal }: SoakOptions): AsyncGenerator<SoakProgress, SoakReport> {
  const source = program ?? (await finishBuild(buildProgram({ program: 'player' })));
  const tracks = makeTracks();
  const expected = new Map<string, Sum>();
  {
    const sums = new TrackSums();
    const pi = new VirtualPi({ program: source, ramDisk: archive(tracks), words: sums, metered: false });
    while (!pi.ended) pi.runTo(pi.now + SECOND);
    sums.end();
    for (const [index, { name }] of tracks.entries()) {
      const sum = sums.tracks[index];
      if (sum) expected.set(name, sum);
    }
  }
  const list = programme(tracks, minutes * 60);
  const sums = new TrackSums();
  let console = '';
  const pi = new VirtualPi({
    program: source,
    ramDisk: archive(list),
    words: sums,
    onConsole: (bytes) => (console = (console + Buffer.from(bytes).toString('latin1')).slice(-10_000)),
  });
  // Faults make it longer by what they last.
  const mostMs = 2000 * list.reduce((sum, { seconds }) => sum + seconds, 0);
  const faults = new FaultRun(
    pi,
    randomFaults({ seed, kinds: KINDS, fromMs: 500, toMs: mostMs, perMinute: FAULTS_A_MINUTE }),
  );
  const began = performance.now();
  let told = began;
  while (!pi.ended && !signal?.aborted && toMs(pi.now) < mostMs) {
    pi.runTo(pi.now + GRAIN);
    const now = performance.now();
    if (now - told < TELL_MS) continue;
    told = now;
    const speed = toMs(pi.now) / (now - began);
    yield { virtualMinutes: toMs(pi.now) / MINUTE_MS, faults: faults.happened, speed };
    // Signals come only now.
    await setImmediate();
  }
  const interrupted = signal?.aborted === true && !pi.ended;
  if (!interrupted) sums.end();
  const wrong = pi.findings.list.map((finding) => `finding: ${formatFinding(finding)}`);
  if (!interrupted && (pi.ended?.kind !== 'exit' || pi.ended.status !== 0))
    wrong.push(`the player did not come to its end: ${console.trim().split('\n').slice(-3).join(' | ')}`);
  for (const [index, { name }] of list.entries()) {
    if (interrupted && index >= sums.tracks.length) break;
    const [got, want] = [sums.tracks[index], expected.get(name)];
    if (got?.sha256 !== want?.sha256)
      wrong.push(`track ${index + 1}, ${name}: ${got?.words ?? 0} of ${want?.words ?? 0} words, or others`);
  }
  if (!interrupted && sums.tracks.length !== list.length) wrong.push(`${sums.tracks.length} of ${list.length} tracks`);
  const total = (all: readonly (Sum | undefined)[]): number => all.reduce((sum, each) => sum + (each?.words ?? 0), 0);
  return {
    ...{ seed, minutes: toMs(pi.now) / MINUTE_MS, tracks: sums.tracks.length, faults: faults.happened },
    underruns: Number(/"underruns","count":(\d+)/.exec(console)?.[1] ?? 0),
    hardwareUnderruns: pi.hardwareUnderruns,
    words: total(sums.tracks),
    wordsExpected: total(list.map(({ name }) => expected.get(name))),
    wrong,
    interrupted,
    seconds: (performance.now() - began) / 1000,
  };
}
