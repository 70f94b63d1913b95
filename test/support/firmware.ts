// Programs of test/programs/ as images, each built once in a process, and fault reports as lines of their source.

import path from 'node:path';
import { buildImage, type Image } from '../../host-tools/build/image.js';
import { symbolize } from '../../host-tools/build/symbolize.js';
import { FaultReader, type FaultReport } from '../../host-tools/build/faults.js';
import { compileProgram, type TestModule } from './module.js';

export type TestFirmware = Image & TestModule;

const built = new Map<string, Promise<TestFirmware>>();

/** test/programs/`name`.ts as an image. `optimize` 0 keeps every call a call. */
export function testFirmware(name: string, optimize = 3, assembly: readonly string[] = []): Promise<TestFirmware> {
  const key = JSON.stringify([name, optimize, assembly]);
  let promise = built.get(key);
  if (!promise) {
    promise = build(name, optimize, assembly);
    built.set(key, promise);
  }
  return promise;
}

async function build(name: string, optimize: number, assembly: readonly string[]): Promise<TestFirmware> {
  const compiled = await compileProgram(`test/programs/${name}.ts`, { optimize, board: true });
  return { ...compiled, ...(await buildImage({ wasm: compiled.wasm, assembly })) };
}

/** The report in the console's text; fails when there is none. */
export function readReport(console: string): FaultReport {
  const reader = new FaultReader();
  reader.push(console);
  reader.end();
  if (!reader.report?.buildId) throw new Error(`no whole fault report in ${JSON.stringify(console)}`);
  return reader.report;
}

/** The frames of a report as `file:line`, innermost first. */
export function sourceLines(report: FaultReport, firmware: TestFirmware): string[] {
  return symbolize(report, firmware).frames.map(({ place }) =>
    place === undefined ? 'nowhere' : `${path.basename(place.file)}:${place.line}`,
  );
}
