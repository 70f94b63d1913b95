// What the tests of modules over a link share: variants of test/programs/swap-link.ts.

import { stripModule } from '../../host-tools/build/image.js';
import { compileProgram, type TestModule } from '../support/module.js';

/** As in the program. */
export const Variant = { plain: 0, trap: 1, hang: 2, trapInStart: 3, hangInStart: 4 } as const;

/** A variant as it was compiled; another number beyond these is as plain, and other bytes. */
export const variantOf = (variant: number): Promise<TestModule> =>
  compileProgram('test/programs/swap-link.ts', { board: true, flags: ['--use', `VARIANT=${variant}`] });

/** As it is sent. */
export const moduleOf = async (variant: number): Promise<Uint8Array> => stripModule((await variantOf(variant)).wasm);
