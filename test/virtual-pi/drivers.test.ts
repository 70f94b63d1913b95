// Each driver on its model: the exercises that also decide about the mutants of the drivers (test/mutate).

import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { compileProgram } from '../support/module.js';
import { suites } from './exercises/suites.js';

for (const { name, program, exercises } of suites)
  describe(`drivers on the virtual Pi: ${name}`, () => {
    let source: ProgramSource;
    before(async () => {
      source = await compileProgram(program, { board: true, optimize: 0 });
    });
    for (const exercise of exercises) it(exercise.name, () => exercise.run(source));
  });
