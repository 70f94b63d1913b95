// The reader of fault reports, for the runs of the player.

export { FaultReader, type FaultReport } from '../build/faults.js';
