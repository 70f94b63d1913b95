// How often the tests on bad lines run: `npm run soak` asks for more by MIRLEFT_FAULT_RUNS.

/** A test is made of so many, so that a failure is found again soon. */
export const PARTS = 10;

/** Runs of a part, of so many in all, or as many as the environment says. */
export const runsOf = (all: number): number => Math.ceil(Number(process.env['MIRLEFT_FAULT_RUNS'] ?? all) / PARTS);
