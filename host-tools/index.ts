// What `import … from 'mirleft'` gives: building programs and running them in the emulator, for tests and tools.
// Nothing here prints; operations that take long yield events.

export { CompileError, type Remark } from './build/compile.js';
export { CompilerCrash } from './build/compiler.js';
export { ContractError, type Violation } from './build/contract.js';
export {
  buildProgram,
  finishBuild,
  writeBuild,
  type Build,
  type BuildEvent,
  type BuildOptions,
} from './build/program.js';
export { fillCard } from './card/folder.js';
export { makeCardImage } from './card/image.js';
export type { CardEvent, CardReport, FolderOptions, ImageOptions } from './card/options.js';
export { findProgram, programNames, type Program, type ProjectSettings } from './build/project.js';
export { formatSize, measureSize, type SizeReport } from './build/size.js';
export { formatFault, symbolize, type SourceFrame, type SymbolizedFault } from './build/symbolize.js';
export { version } from './build/library.js';
export { play } from './play/play.js';
export type { PlayEvent, PlayOptions } from './play/options.js';
export { runProgram, type ProgramRun, type Progress, type RunProgramOptions } from './project/run-program.js';
export { Problem } from './problem.js';
