// A script of everything that changes a card, with what must still be there when it is cut off.

import assert from 'node:assert/strict';
import { noise, type Change, type Fat } from './fat-rig.js';

export type Tree = Record<string, Buffer>;

/** One thing that is done, and what it may leave undone. */
export interface Step {
  name: string;
  /** Paths that may be in any state while it is done; of folders with a slash behind them. */
  touches: string[];
  run(fat: Fat): void;
  /** Its old name may be the short one for a moment. */
  leavesAlias?: boolean;
  /** What holds for those paths nevertheless, whenever power is cut. */
  check?(found: Tree, before: Tree, after: Tree): void;
}

/** What stood at a path is at one of these now. */
function kept(found: Tree, content: Buffer | undefined, ...paths: string[]): void {
  assert(content && paths.some((path) => found[path]?.equals(content)), `${paths.join(' or ')} has lost its content`);
}

const LONG = 'A name that is long enough to need more slots than a sector has left, and then some more of them.wav';

/** The state that a save is given. */
export const state = (i: number): string => `position ${i} `.repeat(60 * (i + 1));

export const steps: Step[] = [
  {
    name: 'write a new file',
    touches: ['/new.bin'],
    run: (fat) => fat.writeFile('/new.bin', noise(5000, 1)),
  },
  {
    name: 'append in pieces',
    touches: ['/grows.bin'],
    run(fat) {
      const { size } = fat.open('/grows.bin');
      for (let i = 0; i < 4; i++) fat.write(size + i * 700, noise(700, 20 + i));
      fat.sync();
    },
    check(found, before) {
      const old = before['/grows.bin'] as Buffer;
      assert(found['/grows.bin']?.subarray(0, old.length).equals(old), 'what was there before is lost');
    },
  },
  {
    name: 'write to an empty file',
    touches: ['/empty'],
    run(fat) {
      fat.open('/empty');
      fat.write(0, noise(1400, 3));
      fat.sync();
    },
  },
  {
    name: 'make a folder',
    touches: ['/Mädchen/', '/Mädchen'],
    run: (fat) => fat.makeDirectory('/Mädchen'),
  },
  {
    name: 'fill a folder until it grows',
    touches: Array.from({ length: 6 }, (_, i) => `/Mädchen/${i} ${LONG}`),
    run(fat) {
      for (let i = 0; i < 6; i++) fat.create(`/Mädchen/${i} ${LONG}`);
    },
  },
  {
    name: 'truncate',
    touches: ['/shrinks.bin'],
    run(fat) {
      fat.open('/shrinks.bin');
      fat.truncate(700);
    },
    check(found, _before, after) {
      assert(found['/shrinks.bin']?.subarray(0, 700).equals(after['/shrinks.bin'] as Buffer), 'its beginning is lost');
    },
  },
  {
    name: 'truncate to nothing',
    touches: ['/new.bin'],
    run(fat) {
      fat.open('/new.bin');
      fat.truncate(0);
    },
  },
  {
    name: 'rename',
    touches: ['/grows.bin', `/${LONG}`],
    leavesAlias: true,
    run: (fat) => fat.rename('/grows.bin', `/${LONG}`),
    check: (found, before) => kept(found, before['/grows.bin'], '/grows.bin', `/${LONG}`),
  },
  {
    name: 'rename over another',
    touches: ['/shrinks.bin', '/folder/target.bin'],
    leavesAlias: true,
    run: (fat) => fat.rename('/shrinks.bin', '/folder/target.bin'),
    check(found, before) {
      const target = found['/folder/target.bin'];
      const whole = [before['/folder/target.bin'], before['/shrinks.bin']];
      assert(target && whole.some((content) => content?.equals(target)), 'neither old nor new');
    },
  },
  {
    name: 'move a folder',
    touches: ['/folder/inner/', '/folder/inner/deep.bin', '/Mädchen/Inner 2/', '/Mädchen/Inner 2/deep.bin'],
    run: (fat) => fat.rename('/folder/inner', '/Mädchen/Inner 2'),
    check: (found, before) =>
      kept(found, before['/folder/inner/deep.bin'], '/folder/inner/deep.bin', '/Mädchen/Inner 2/deep.bin'),
  },
  {
    name: 'remove a file',
    touches: ['/empty'],
    leavesAlias: true,
    run: (fat) => fat.remove('/empty'),
  },
  {
    name: 'remove a folder',
    touches: ['/goes/'],
    leavesAlias: true,
    run: (fat) => fat.remove('/goes'),
  },
  ...Array.from({ length: 3 }, (_, i) => ({
    name: `save the state, ${i}`,
    touches: ['/player.state'],
    run(fat: Fat): void {
      fat.openState('/player.state');
      fat.saveState(state(i));
    },
  })),
];

/** What stands on the card before: some of it in pieces. */
export function prepare(fat: Fat): void {
  fat.makeDirectory('/folder');
  fat.makeDirectory('/folder/inner');
  fat.makeDirectory('/goes');
  for (const [i, name] of ['/by.bin', '/folder/stander.bin', '/grows.bin', '/shrinks.bin'].entries()) {
    fat.create(name);
    fat.check(fat.exports.openFile(0), name);
    fat.create(`/hole${i}`);
    fat.check(fat.exports.openFile(1), name);
    for (let at = 0; at < 3000; at += 600) {
      fat.write(at, noise(3000, 40 + i).subarray(at, at + 600), 0);
      fat.write(at, noise(3000, 50 + i).subarray(at, at + 600), 1);
    }
    fat.sync(0);
    fat.sync(1);
  }
  for (const i of [0, 2]) fat.remove(`/hole${i}`);
  fat.writeFile('/folder/inner/deep.bin', noise(1800, 60));
  fat.writeFile('/folder/target.bin', noise(1500, 61));
  fat.create('/empty');
  // What is free is not empty: a directory must not grow by what is left there.
  while (!fat.exports.countFree(1000));
  fat.writeFile('/all', noise(fat.exports.freeBytes(), 70));
  fat.remove('/all');
}

/** A run of the script: what was written, where each step began, and how the card looked then. */
export interface Session {
  start: Buffer;
  changes: Change[];
  /** By step, and one more for the end. */
  marks: number[];
  trees: Tree[];
}

export function record(fat: Fat, start: Buffer): Session {
  const card = fat.mount(Buffer.from(start));
  card.changes = [];
  const marks: number[] = [];
  const trees: Tree[] = [];
  for (const step of steps) {
    marks.push(card.changes.length);
    trees.push(fat.tree());
    step.run(fat);
  }
  marks.push(card.changes.length);
  trees.push(fat.tree());
  return { start, changes: card.changes, marks, trees };
}

/** Nothing is lost but what the step that was cut off was about. */
export function checkTree(found: Tree, { trees }: Session, index: number): void {
  const step = steps[index] as Step;
  const before = trees[index] as Tree;
  const after = trees[index + 1] as Tree;
  for (const [path, content] of Object.entries(before)) {
    if (step.touches.includes(path)) continue;
    assert(found[path]?.equals(content), `${step.name}: ${path} is ${found[path] ? 'changed' : 'lost'}`);
  }
  // fsck.fat makes files of clusters that nobody owns.
  const known = (path: string): boolean =>
    path in before || step.touches.includes(path) || /^\/FSCK\d{4}\.REC$/.test(path);
  const isAlias = (path: string): boolean => step.leavesAlias === true && path === path.toUpperCase();
  const strange = Object.keys(found).filter((path) => !known(path) && !isAlias(path));
  assert.deepEqual(strange, [], `${step.name}: there is what never was`);
  step.check?.(found, before, after);
}
