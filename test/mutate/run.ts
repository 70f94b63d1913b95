// Runs mutants of the drivers through the exercises on the virtual Pi: a mutant is caught when anything differs from what
// they assert, a finding among it.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CompileError, createCompiler, type Compiled, type Compiler } from '../../host-tools/build/compile.js';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { Random } from '../../host-tools/virtual-pi/random.js';
import type { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import { changing } from '../virtual-pi/exercises/rig.js';
import { suites, type Suite } from '../virtual-pi/exercises/suites.js';
import { excuseOf, type Excuse } from './excused.js';
import { mutantsOf, type Mutant } from './generate.js';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** No registers, but declarations, numbers of the contract, and arithmetic of the ring and of words. */
const NOT_MUTATED = ['board.ts', 'board-keys.ts', 'sink.ts', 'window.ts', 'window-map.ts'];

export interface Outcome {
  readonly mutant: Mutant;
  /**
   * Refused by the compiler, or the same program as without it: neither counts. Excused: not run, for a reason that is
   * known.
   */
  readonly result: 'caught' | 'survived' | 'refused' | 'same' | 'excused';
  /** The exercise that caught it, and what it said; or the excuse. */
  readonly by?: string;
  readonly text?: string;
  readonly excuse?: Excuse;
}

/** Barriers of the board's imports that may be missing. */
const BARRIERS = {
  'write32 and copyOut': (pi: VirtualPi) => void (pi.machine.barriers = false),
  write32: (pi: VirtualPi) => void (pi.machine.without = 'write32'),
  copyOut: (pi: VirtualPi) => void (pi.machine.without = 'copyOut'),
} as const;

/** All mutants of the drivers whose file name holds `filter`, and the missing barriers. */
export function allMutants(filter = ''): Mutant[] {
  const folder = path.join(root, 'drivers');
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.ts') && !NOT_MUTATED.includes(name));
  const barriers = Object.keys(BARRIERS).map((name): Mutant => ({
    file: 'boot',
    line: 0,
    kind: 'missing barrier',
    before: `${name}: dsb`,
    after: name,
    text: '',
  }));
  return [
    ...files.sort().flatMap((name) => mutantsOf(`drivers/${name}`, fs.readFileSync(path.join(folder, name), 'utf8'))),
    ...barriers,
  ].filter(({ file }) => file.includes(filter));
}

/** `count` of them, in an order that the seed makes. */
export function sample(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const random = new Random(seed);
  return mutants
    .map((mutant) => ({ mutant, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ mutant }) => mutant);
}

export class Mutation {
  private readonly compiler: Compiler = createCompiler({ cache: false });
  private readonly unchanged = new Map<string, Compiled>();

  close(): Promise<void> {
    return this.compiler.close();
  }

  private compile(program: string, replaced: ReadonlyMap<string, string>): Promise<Compiled> {
    return this.compiler.compile({ entry: path.join(root, program), board: true, optimize: 0, replaced });
  }

  private async original(program: string): Promise<Compiled> {
    const known = this.unchanged.get(program) ?? (await this.compile(program, new Map()));
    this.unchanged.set(program, known);
    return known;
  }

  /** Runs the exercises against one mutant, its driver's own first. */
  async run(mutant: Mutant): Promise<Outcome> {
    const excuse = excuseOf(mutant);
    if (excuse) return { mutant, result: 'excused', excuse, text: excuse.reason };
    const barrier = BARRIERS[mutant.after as keyof typeof BARRIERS] as ((pi: VirtualPi) => void) | undefined;
    let changed = false;
    for (const [program, ordered] of byProgram(mutant.file)) {
      const original = await this.original(program);
      let source: ProgramSource = original;
      if (!barrier) {
        try {
          source = await this.compile(program, new Map([[path.join(root, mutant.file), mutant.text]]));
        } catch (error) {
          if (error instanceof CompileError) return { mutant, result: 'refused' };
          throw error;
        }
        if (Buffer.compare(source.wasm, original.wasm) === 0) continue;
      }
      changed = true;
      const caught = firstFailure(source, ordered, barrier);
      if (caught) return { mutant, result: 'caught', ...caught };
    }
    return { mutant, result: changed ? 'survived' : 'same' };
  }
}

/** The programs with their suites: those that are about the file first. */
function byProgram(file: string): [string, Suite[]][] {
  const name = path.basename(file, '.ts');
  const about = ({ drivers }: Suite): number =>
    drivers.includes(name) ? 0 : drivers.some((driver) => name.startsWith(driver)) ? 1 : 2;
  const sorted = [...suites].sort((a, b) => about(a) - about(b));
  const programs = [...new Set(sorted.map(({ program }) => program))];
  return programs.map((program) => [program, sorted.filter((suite) => suite.program === program)]);
}

function firstFailure(
  source: ProgramSource,
  ordered: readonly Suite[],
  change: (pi: VirtualPi) => void = () => undefined,
): { by: string; text: string } | undefined {
  for (const { name, exercises } of ordered)
    for (const exercise of exercises) {
      try {
        changing(
          (pi) => {
            change(pi);
            // Places of findings are for people, and take a while.
            pi.findings.where = () => [];
          },
          () => exercise.run(source),
        );
      } catch (error) {
        return { by: `${name}: ${exercise.name}`, text: error instanceof Error ? error.message : String(error) };
      }
    }
  return undefined;
}
