// Measures the weights and prints them as they stand in virtual-pi/cpu/weights.ts, with how far each loop is off:
//
//   node --import tsx host-tools/bench/print-weights.ts

import { measureWeights } from './weights.js';

const percent = (error: number): string => `${(100 * error).toFixed(1)} %`;
const { weights, boot, loops, residual } = await measureWeights();
for (const [kind, values] of Object.entries({ ...weights, boot })) {
  process.stdout.write(`${kind}: {\n`);
  for (const [name, value] of Object.entries(values)) {
    process.stdout.write(`  '${name}': ${Math.max(0, Number(value.toFixed(2)))},\n`);
  }
  process.stdout.write('},\n');
}
for (const { name, measured, fitted } of loops) {
  process.stdout.write(`// ${name.padEnd(30)} ${String(measured).padStart(8)} ${percent(fitted / measured - 1)}\n`);
}
process.stdout.write(`// ${loops.length} loops, root of the mean squared relative error ${percent(residual)}\n`);
