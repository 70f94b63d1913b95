// Swaps by a plan: the RAM disk of test/programs/swap.ts and swap-jack.ts, and what the first of them says.

import { compileProgram, type TestModule } from './module.js';

/** As in the program. */
export const Act = {
  reload: 0,
  trap: 1,
  hang: 2,
  abort: 3,
  busAbort: 4,
  trapInStart: 5,
  hangInStart: 6,
  wait: 7,
  end: 8,
  hangInWait: 9,
  late: 10,
  preload: 11,
  preloadOther: 12,
  preloadTrap: 13,
} as const;

const TABLE_WORD = 32;
const MODULES = 8;

/** test/programs/swap-jack.ts. */
export const swapJackProgram = (): Promise<TestModule> =>
  compileProgram('test/programs/swap-jack.ts', { board: true, memoryPages: 8 });

/** test/programs/swap.ts, which is also what it mostly swaps itself for; each call stays a call, for the stacks. */
export const swapProgram = (): Promise<TestModule> =>
  compileProgram('test/programs/swap.ts', { optimize: 0, board: true, memoryPages: 20 });

/** What each generation does, the first to begin with, and the modules that they may ask for by their index. */
export function planWords(acts: readonly (number | [act: number, module: number])[], modules: Uint8Array[]): number[] {
  const words = new Array<number>(TABLE_WORD + MODULES * 2).fill(0);
  acts.forEach((each, i) => {
    const [act, index] = typeof each === 'number' ? [each, 0] : each;
    words[i] = act | (index << 8);
  });
  modules.forEach((bytes, i) => {
    words[TABLE_WORD + i * 2] = words.length * 4;
    words[TABLE_WORD + i * 2 + 1] = bytes.length;
    const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
    padded.set(bytes);
    for (const word of new Uint32Array(padded.buffer)) words.push(word);
  });
  return words;
}

/** The program's lines as text, without those of fault reports and the time. */
export const toldOf = (console: string): string =>
  console
    .replace(/\r?\nfault kind=[\s\S]*?fault end build=\w+/g, '')
    .replace(/ticks=\d+\n/g, '')
    .trim()
    .split(/\s+/)
    .join(' ');

/** The kinds of the fault reports, in order. */
export const kindsOf = (console: string): string[] =>
  [...console.matchAll(/^fault kind=([\w-]+)/gm)].map(([, kind]) => `${kind}`);

/** What a generation says at its start: `fault` as Ended. */
export const began = (generation: number, fault = 0): string => `g=${generation} fault=${fault} starts=1`;

/**
 * Modules that the plan may ask for: the program, no Wasm, a foreign import, no exports, too long a one, the program with
 * another text, a large one.
 */
export async function swapModules(): Promise<Uint8Array[]> {
  const { wasm } = await swapProgram();
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
  const foreign = [2, 13, 1, ...text('board'), ...text('fly'), 0, 0];
  return [
    wasm,
    Uint8Array.from([...header, 3, 200]),
    Uint8Array.from([...header, 1, 4, 1, 0x60, 0, 0, ...foreign]),
    Uint8Array.from(header),
    new Uint8Array(1024 * 1024 + 1),
    Buffer.from(Buffer.from(wasm).toString('latin1').replace('s\0t\0a\0r\0t\0s\0=', 's\0t\0a\0r\0t\0z\0='), 'latin1'),
    (await compileProgram('firmware/programs/player/main.ts', { board: true })).wasm,
  ];
}

/** Plans, what is told of them, and the kinds of the reports, on every board. */
export const SWAPS: Record<
  string,
  { acts: (number | [number, number])[]; told: string; kinds?: string[]; status?: 1 }
> = {
  'goes on with the module that was sent': {
    acts: [Act.reload, Act.reload, Act.end],
    told: `${began(1)} answer=0 ${began(2)} answer=0 ${began(3)}`,
  },
  'goes back when it traps': {
    acts: [Act.reload, Act.trap, Act.end],
    told: `${began(1)} answer=0 ${began(2)} ${began(3, 1)}`,
    kinds: ['trap'],
  },
  'goes back when it traps in its start, and takes another one then': {
    acts: [Act.reload, Act.trapInStart, Act.reload, Act.end],
    told: `${began(1)} answer=0 ${began(2)} ${began(3, 1)} answer=0 ${began(4)}`,
    kinds: ['trap'],
  },
  'goes back when it hangs, in a step, in its start, in a wait': {
    acts: [Act.reload, Act.hang, Act.reload, Act.hangInStart, Act.reload, Act.hangInWait, Act.end],
    told: `${began(1)} answer=0 ${began(2)} ${began(3, 2)} answer=0 ${began(4)} ${began(5, 2)} answer=0 ${began(6)} ${began(7, 2)}`,
    kinds: ['hang', 'hang', 'hang'],
  },
  'goes back when it reports a fault itself, or the bus does': {
    acts: [Act.reload, Act.abort, Act.reload, Act.busAbort, Act.end],
    told: `${began(1)} answer=0 ${began(2)} ${began(3, 1)} answer=0 ${began(4)} ${began(5, 3)}`,
    kinds: ['abort', 'data-abort'],
  },
  'goes back from the second to the first that was sent, and then to its own': {
    acts: [Act.reload, Act.reload, Act.trap, Act.trap, Act.end],
    told: `${began(1)} answer=0 ${began(2)} answer=0 ${began(3)} ${began(4, 1)} ${began(5, 1)}`,
    kinds: ['trap', 'trap'],
  },
  'ends when there is nothing to go back to': {
    acts: [Act.reload, Act.trap, Act.trap],
    told: `${began(1)} answer=0 ${began(2)} ${began(3, 1)}`,
    kinds: ['trap', 'trap'],
    status: 1,
  },
  'loads it in parts, in several steps': {
    acts: [Act.preload, Act.end],
    told: `${began(1)} parts=2 loaded=0 answer=0 ${began(2)}`,
  },
  'takes more parts for a large one, and drops that for another one': {
    acts: [[Act.preloadOther, 6], Act.end],
    told: `${began(1)} parts=9 loaded=0 answer=0 ${began(2)}`,
  },
  'starts what is there, not what was loaded from there before': {
    acts: [[Act.preloadOther, 5], Act.end],
    told: `${began(1)} parts=2 loaded=0 answer=0 ${began(2)}`,
  },
  'goes back while another one is half loaded': {
    acts: [Act.reload, Act.preloadTrap, Act.preload, Act.end],
    told: `${began(1)} answer=0 ${began(2)} ${began(3, 1)} parts=2 loaded=0 answer=0 ${began(4)}`,
    kinds: ['trap'],
  },
  'lets it wait longer than it may run': {
    acts: [Act.reload, Act.wait, Act.end],
    told: `${began(1)} answer=0 ${began(2)} answer=0 ${began(3)}`,
  },
};

/** What `reload` answers for the modules of `swapModules`. */
export const REFUSED: Record<string, [module: number, answer: number]> = {
  'is no Wasm': [1, -1],
  'imports what there is not': [2, -2],
  'exports nothing': [3, -3],
  'is too long': [4, -4],
};
