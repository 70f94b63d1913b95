// The program test/programs/controls.ts: what it is given and what it told.

import { NAMES } from './controls-rig.js';

/** Words of the RAM disk: milliseconds of a step, lines of player.ini. */
export function wordsOf(stepMs: number, ...lines: string[]): number[] {
  const text = Buffer.from(lines.join('\n'));
  const disk = Buffer.alloc((8 + text.length + 3) & ~3);
  disk.writeUInt32LE(stepMs, 0);
  disk.writeUInt32LE(text.length, 4);
  text.copy(disk, 8);
  return Array.from({ length: disk.length / 4 }, (_, i) => disk.readUInt32LE(i * 4));
}

/** What was told, a turn as its detents; then the steps and how many changes were lost. */
export function toldOf(console: string): { events: (string | number)[]; steps: number; lost: number } {
  const lines = console.trimEnd().split('\r\n');
  if (lines.shift() !== 'ready') throw new Error(`no ready in ${console}`);
  const [steps = NaN, lost = NaN] = (lines.pop() ?? '').split(' ').map(Number);
  const events = lines.map((line) => {
    const [control = 0, turns = 0] = line.split(' ').map(Number);
    return NAMES[control] === 'turn' ? turns : (NAMES[control] ?? line);
  });
  return { events, steps, lost };
}
