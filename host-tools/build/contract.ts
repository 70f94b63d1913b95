// What the board asks of a module, checked before it is ever sent: valid code, a fixed memory, `start` and `step`,
// and no imports but the board's own. The list of those is read from drivers/board.ts, the one place where it stands.

import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../problem.js';
import { libraryRoot } from './library.js';
import { parseModule, type Signature } from './wasm-module.js';

export interface Violation {
  rule: 'valid' | 'import' | 'export' | 'memory';
  /** The import or export that it is about. */
  name?: string;
  what: string;
  remedy: string;
}

/** The board could not run the module. */
export class ContractError extends Problem {
  constructor(
    program: string,
    readonly violations: Violation[],
  ) {
    const details = violations.map(({ what, remedy }) => `${what}; ${remedy}`).join('\n');
    super('contract', 'cannot run on the board', { file: program, details });
  }
}

const VALUE_TYPES: Record<string, string> = {
  ...{ i32: 'i32', u32: 'i32', usize: 'i32', isize: 'i32', bool: 'i32' },
  ...{ i64: 'i64', u64: 'i64', f32: 'f32', f64: 'f64' },
};

/** Every import that the board offers, with its type, in the order of drivers/board.ts. */
export function boardImports(): Map<string, Signature> {
  const text = fs.readFileSync(path.join(libraryRoot, 'drivers/board.ts'), 'utf8');
  const declaration = /@external\('board', '(\w+)'\)\s*export declare function \w+\(([^)]*)\)\s*:\s*(\w+)/g;
  const wasmType = (name: string): string => VALUE_TYPES[name] ?? '?';
  const imports = new Map<string, Signature>();
  for (const [, name = '', parameters = '', result = ''] of text.matchAll(declaration)) {
    const types = [...parameters.matchAll(/\w+\s*:\s*(\w+)/g)].map(([, type = '']) => wasmType(type));
    imports.set(name, `(${types.join(', ')})${result === 'void' ? '' : ` -> ${wasmType(result)}`}`);
  }
  return imports;
}

const EXPORTS: Record<string, { signature: Signature; source: string }> = {
  start: { signature: '(i32)', source: 'export function start(generation: i32): void' },
  step: { signature: '(i32) -> i64', source: 'export function step(events: i32): i64' },
};

/**
 * Checks a module against the contract. `extra` are imports that the module's image offers beside the list. Throws
 * ContractError with everything that is wrong.
 */
export function checkModule(program: string, bytes: Uint8Array, extra: Readonly<Record<string, Signature>> = {}): void {
  const violations: Violation[] = [];
  if (!WebAssembly.validate(new Uint8Array(bytes))) {
    throw new ContractError(program, [
      {
        rule: 'valid',
        what: 'the module is not valid WebAssembly',
        remedy: 'was it damaged, or made by another tool?',
      },
    ]);
  }
  const module = parseModule(bytes);

  const offered = new Map([...boardImports(), ...Object.entries(extra)]);
  for (const { module: from, name, kind, signature } of module.imports) {
    const wanted = from === 'board' ? offered.get(name) : undefined;
    if (wanted === undefined || kind !== 'function') {
      violations.push({
        rule: 'import',
        name: `${from}.${name}`,
        what: `it imports ${from}.${name}, which the board does not offer`,
        remedy: 'use what mirleft/drivers/board declares',
      });
    } else if (signature !== wanted) {
      violations.push({
        rule: 'import',
        name: `board.${name}`,
        what: `it imports board.${name} as ${signature}, the board offers ${wanted}`,
        remedy: 'import it from mirleft/drivers/board instead of declaring it',
      });
    }
  }

  for (const [name, { signature, source }] of Object.entries(EXPORTS)) {
    const found = module.exports.find((each) => each.name === name);
    if (!found || found.kind !== 'function') {
      violations.push({ rule: 'export', name, what: `it exports no function ${name}`, remedy: `add \`${source}\`` });
    } else if (found.signature !== signature) {
      violations.push({
        rule: 'export',
        name,
        what: `its ${name} is ${found.signature}, not ${signature}`,
        remedy: `declare it as \`${source}\``,
      });
    }
  }

  const exported = module.exports.some((each) => each.name === 'memory' && each.kind === 'memory');
  if (!module.memory || !exported) {
    violations.push({
      rule: 'memory',
      what: 'it exports no memory of its own',
      remedy: 'compile without --importMemory and --noExportMemory',
    });
  } else if (module.memory.maximum !== module.memory.minimum) {
    violations.push({
      rule: 'memory',
      what: `its memory may grow from ${module.memory.minimum} to ${module.memory.maximum ?? 'any number of'} pages`,
      remedy: 'give it one fixed size with memoryPages',
    });
  }
  if (violations.length) throw new ContractError(program, violations);
}
