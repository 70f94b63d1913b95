// The options `--faults` and `--seed` of `play`: a script of faults, or kinds that come by chance.

import fs from 'node:fs';
import type { Target } from '../play/options.js';
import { Problem, systemReason } from '../problem.js';
import {
  FAULT_KINDS,
  parseFaults,
  randomFaults,
  type FaultKind,
  type FaultScript,
} from '../virtual-pi/faults/faults.js';

export interface FaultFlags {
  faults?: string;
  seed?: number;
  on: Target;
}

/** Faults of chance: as many a minute, for so long. */
const FAULTS_A_MINUTE = 60;
const FAULTS_MS = 3_600_000;

/**
 * Reads the script that `--faults` names, or makes one of the kinds that it lists, or of all, by `--seed`. Throws
 * Problem `usage`, also for a script that cannot be read.
 */
export function faultsOf({ faults, seed, on }: FaultFlags): FaultScript | undefined {
  if (faults === undefined && seed === undefined) return undefined;
  if (on !== 'virtual')
    throw new Problem('usage', `${faults === undefined ? '--seed' : '--faults'} needs --on virtual`);
  const kinds = faults === undefined ? FAULT_KINDS : kindsOf(faults);
  if (kinds) {
    const script = randomFaults({ seed: seed ?? 1, kinds, toMs: FAULTS_MS, perMinute: FAULTS_A_MINUTE });
    return { ...script, endless: true };
  }
  const script = readScript(faults ?? '');
  return seed === undefined ? script : { ...script, seed };
}

/** The kinds of a list, which has neither a dot nor a slash; undefined for a file's name. */
function kindsOf(text: string): FaultKind[] | undefined {
  if (/[./\\]/.test(text)) return undefined;
  const names = text.split(',').map((name) => name.trim());
  // A comma behind the last one does no harm.
  if (names.length > 1 && names.at(-1) === '') names.pop();
  const wrong = names.find((name) => !FAULT_KINDS.some((kind) => kind === name));
  if (wrong !== undefined)
    throw new Problem('usage', `--faults: ${wrong === '' ? 'nothing' : wrong} is no fault`, {
      hint: `there are ${FAULT_KINDS.join(', ')}; or name a script, as ./faults.json`,
    });
  return FAULT_KINDS.filter((kind) => names.includes(kind));
}

function readScript(file: string): FaultScript {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem('usage', `cannot be read (${systemReason(error)})`, { file, cause: error });
  }
  try {
    return parseFaults(text);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(error.code, error.message, { file, hint: error.hint, cause: error });
  }
}
