// One run of the player on the virtual Pi with its jack recorded, and keys pressed at times of the session.

import fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Build } from '../build/program.js';
import type { Scratch } from '../emulator/scratch.js';
import { pack, type PackedTrack } from '../media/pack.js';
import { DeviceConsole } from '../play/device-console.js';
import { numberField, textField } from '../play/records.js';
import { playerIni } from '../play/settings.js';
import { Problem } from '../problem.js';
import { formatFinding } from '../virtual-pi/findings.js';
import { MILLISECOND, SECOND, toMs } from '../virtual-pi/time.js';
import { VirtualPi } from '../virtual-pi/virtual-pi.js';
import { Recorder } from './recorder.js';

/** A key, and the virtual milliseconds that have passed since the first track began when it is pressed. */
export interface Press {
  atMs: number;
  key: string;
}

/** A track that was played. */
export interface RecordedTrack {
  /** Its index at the jack. */
  index: number;
  name: string;
  /** As the user named its file. */
  given: string;
}

export interface RecordedRun {
  recorder: Recorder;
  /** The tracks that were played. */
  tracks: RecordedTrack[];
  /** Files that could not be packed, or that the player refused. */
  failed: Problem[];
  /** Seconds since power on at which the keys were pressed, in the order of `keys`. */
  pressed: number[];
  underruns: number;
  /** How often the PWM had no word and a pin's level fell. */
  hardwareUnderruns: number;
  findings: string[];
}

export interface RunPlan {
  build: Build;
  scratch: Scratch;
  files: readonly string[];
  keys?: readonly Press[];
  rateHz: number;
  signal?: AbortSignal | undefined;
  /** Virtual seconds after which the run has failed. */
  limitSeconds: number;
  /** Called now and then with the virtual milliseconds. */
  progress(ms: number): void;
}

const GRAIN = 5 * MILLISECOND;
/** Grains between two chances for others. */
const GRAINS = 10;

interface RamDisk {
  bytes: Uint8Array;
  tracks: PackedTrack[];
  failed: Problem[];
}

/** Packs the files that can be as a RAM disk for the player. */
async function ramDisk({ scratch, files, signal }: RunPlan): Promise<RamDisk> {
  const archive = scratch.file(`jack-${files.length}-${Date.now()}.tar`);
  const settings = playerIni({ jack: 'pwm1', volumeDb: 0, pace: 'real', demo: false });
  const failed: Problem[] = [];
  const packing = pack({ files: [...files], settings, archive, ...(signal ? { signal } : {}) });
  for (;;) {
    const { done, value } = await packing.next();
    if (done) return { bytes: fs.readFileSync(archive), tracks: value, failed };
    if (value.event === 'error') failed.push(value.problem);
  }
}

/** Runs to the player's end, or to the signal's. Throws Problem where it faults or does not end. */
export async function recordRun(plan: RunPlan): Promise<RecordedRun> {
  const { build } = plan;
  const recorder = new Recorder(plan.rateHz);
  const tracks: RecordedTrack[] = [];
  const disk = await ramDisk(plan);
  const { failed } = disk;
  const pressed: number[] = [];
  let underruns = 0;
  const device = new DeviceConsole({
    text: () => undefined,
    record: (record) => {
      const index = numberField(record, 'index') ?? 0;
      const given = disk.tracks[index]?.given ?? textField(record, 'name') ?? '';
      if (record.event === 'track') tracks.push({ index, name: textField(record, 'name') ?? '', given });
      else if (record.event === 'underruns') underruns = numberField(record, 'count') ?? underruns;
      else if (record.event === 'error')
        failed.push(
          new Problem('refused', textField(record, 'text') ?? 'is not played', {
            file: given,
            offset: numberField(record, 'offset'),
          }),
        );
    },
  });
  const pi = new VirtualPi({
    program: { wasm: build.wasm, sourceMap: build.sourceMap },
    buildId: build.buildId,
    ramDisk: disk.bytes,
    words: recorder,
    pins: recorder,
    onConsole: (bytes) => device.push(bytes),
  });
  const keys = [...(plan.keys ?? [])];
  let first: number | undefined;
  for (let grain = 1; !pi.ended && !plan.signal?.aborted; grain++) {
    pi.runTo(pi.now + GRAIN);
    recorder.settle(pi.now);
    first ??= recorder.stretches.find(({ track }) => track !== undefined)?.fromSeconds;
    const next = keys[0];
    if (next && first !== undefined && pi.now >= first * SECOND + next.atMs * MILLISECOND) {
      keys.shift();
      pressed.push(pi.now / SECOND);
      pi.type(new TextEncoder().encode(next.key));
    }
    if (pi.now > plan.limitSeconds * SECOND)
      throw new Problem('time-limit', `the player did not end within ${Math.ceil(plan.limitSeconds)} virtual seconds`);
    if (grain % GRAINS === 0) {
      plan.progress(toMs(pi.now));
      await setImmediate();
    }
  }
  device.end();
  // What follows the end is low, and the filter needs some of it to tell what came before.
  recorder.settle(pi.now + SECOND / 20);
  if (device.fault)
    throw new Problem(
      'fault',
      `the firmware stopped with a fault: ${device.fault.kind} ${device.fault.fields['text'] ?? ''}`,
    );
  const { hardwareUnderruns } = pi;
  return {
    recorder,
    tracks,
    failed,
    pressed,
    underruns,
    hardwareUnderruns,
    findings: pi.findings.list.map(formatFinding),
  };
}
