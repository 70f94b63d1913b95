// Sound files for tests, made once a process by the reference tools, the same every time.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const folders: string[] = [];
// Another process removes them: mocha gives this one a second to end.
process.once('exit', () => {
  if (folders.length > 0) spawn('rm', ['-rf', '--', ...folders], { detached: true, stdio: 'ignore' }).unref();
});

/** A folder of its own for a test file; removed at the end of the process. */
export function testFolder(place = os.tmpdir()): string {
  const folder = fs.mkdtempSync(path.join(place, 'mirleft-test-'));
  folders.push(folder);
  return folder;
}

/** The same for much that is written and read again: in memory, where the machine has such a place. */
export const memoryFolder = (): string => testFolder(fs.existsSync('/dev/shm') ? '/dev/shm' : undefined);

/** Runs a reference tool; its stdout. */
export function tool(program: string, ...args: string[]): Buffer {
  return execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
}

/**
 * Music of a sort: plucked strings that change, over a bass and some noise, in stereo. `effects` are sox's, after it.
 * `-R` gives sox's noise and dither the same seed every time.
 */
export function makeMusic(file: string, seconds: number, rate: number, bits: number, channels = 2): string {
  const voices =
    channels === 1
      ? ['pluck', '220', 'sine', 'mix', '55']
      : ['pluck', '220', 'pluck', '330', 'sine', 'mix', '55-110', 'pinknoise', 'mix'];
  tool(
    ...(['sox', '-R', '-n', '-r', String(rate), '-b', String(bits), '-c', String(channels), file] as const),
    ...['synth', String(seconds), ...voices, 'tremolo', '3', '60', 'gain', '-n', '-1'],
  );
  return file;
}

/** The samples of a file as the reference tool decodes it, as 32-bit integers. */
export function reference(program: 'flac' | 'ffmpeg' | 'sox', file: string, bits: 16 | 24 | 32 = 16): Int32Array {
  const raw =
    program === 'flac'
      ? tool('flac', '-dcs', '--force-raw-format', '--endian=little', '--sign=signed', file)
      : program === 'ffmpeg'
        ? tool('ffmpeg', '-v', 'error', '-i', file, '-f', `s${bits}le`, '-')
        : tool('sox', '-D', file, '-t', 'raw', '-e', 'signed', '-b', String(bits), '-');
  const step = bits / 8;
  return Int32Array.from({ length: raw.length / step }, (_, i) => raw.readIntLE(i * step, step));
}
