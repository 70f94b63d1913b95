// What the serial line carries through the player's link, on the virtual Pi whose UART keeps the rate that is programmed,
// and what a received byte costs there.

import { buildProgram, finishBuild } from '../build/program.js';
import { measureGoodput } from '../link/goodput.js';
import type { ProgramSource } from '../virtual-pi/board/program.js';
import { SECOND } from '../virtual-pi/time.js';
import { VirtualPi } from '../virtual-pi/virtual-pi.js';
import type { BenchRow } from './bench.js';

const RATES = [115_200, 921_600, 3_000_000] as const;
const DAMAGE = 1e-4;
/** Of a core at 1.5 GHz, one instruction a cycle. */
const CORE_HZ = 1.5e9;
const CORE_GOAL = 8;
const BITS_A_BYTE = 10;

/** Instructions of a second in which nothing comes over the line. */
function instructionsASecond(program: ProgramSource): number {
  const pi = new VirtualPi({ program });
  pi.runTo(pi.now + SECOND);
  const before = pi.cpu.instructions;
  pi.runTo(pi.now + 2 * SECOND);
  return (pi.cpu.instructions - before) / 2;
}

/** The share of each rate that is payload, on a good line and on a bad one, and the processor's share. */
export async function linkGoodput(): Promise<BenchRow[]> {
  const program = await finishBuild(buildProgram({ program: 'player' }));
  const rows: BenchRow[] = [];
  const own = instructionsASecond(program);
  let cost = 0;
  for (const baud of RATES) {
    const [clean, bad] = [
      await measureGoodput({ program, baud }),
      await measureGoodput({ program, baud, damage: DAMAGE }),
    ];
    cost = clean.instructionsPerByte - (own * BITS_A_BYTE) / baud;
    const row = (id: string, what: string, goal: number, share: number, how: string): BenchRow => ({
      ...{ id: `${id}${baud}`, what, unit: '%', goal, atLeast: true, measured: share * 100, how },
    });
    rows.push(
      row('goodput', `goodput at ${baud} baud`, 97, clean.share, '2 s of the line, to the player, virtual time'),
      row('goodputBad', '  one byte in 10,000 damaged', 85, bad.share, `${bad.framesAgain} frames sent again`),
    );
  }
  const share = (cost * (RATES[2] / BITS_A_BYTE) * 100) / CORE_HZ;
  rows.push(
    {
      ...{ id: 'linkInstructions', what: 'a received byte at 3 Mbaud', unit: 'instructions', measured: cost },
      how: "the player's steps, less what its own piece takes without the line",
    },
    {
      ...{ id: 'linkShare', what: '  of a core of 1.5 GHz', unit: '%', goal: CORE_GOAL, measured: share },
      how: 'an instruction a cycle',
    },
  );
  return rows;
}
