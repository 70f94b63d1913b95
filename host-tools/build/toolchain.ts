// clang and ld.lld as child processes: argument lists only, no shell, output kept for the error.

import { spawn } from 'node:child_process';
import { Problem, systemReason } from '../problem.js';

/** A compiler or linker that the build needs is not installed. */
export class ToolMissingError extends Problem {
  constructor(readonly tool: string) {
    super('tool-missing', `${tool} was not found`, { hint: 'mirleft setup installs it, or says how' });
  }
}

/** A compiler or linker refused its input; `output` is what it said. */
export class ToolError extends Problem {
  constructor(
    readonly tool: string,
    readonly args: readonly string[],
    readonly status: number | string,
    readonly output: string,
  ) {
    super('tool-failed', `${tool} failed with ${status}`, { details: output.trim() });
  }
}

/** `MIRLEFT_CLANG` and `MIRLEFT_LLD` name other versions than the ones of the path. */
export const CLANG = process.env['MIRLEFT_CLANG'] || 'clang';
export const LLD = process.env['MIRLEFT_LLD'] || 'ld.lld';

/** Runs a tool to its end; returns what it wrote to standard output. Throws ToolMissingError, ToolError. */
export function runTool(tool: string, args: readonly string[], folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const all: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk);
      all.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => all.push(chunk));
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new ToolMissingError(tool)
          : new Problem('tool-failed', `${tool} cannot be run (${systemReason(error)})`, { cause: error }),
      ),
    );
    child.on('close', (status, signal) => {
      if (status === 0) resolve(Buffer.concat(out).toString());
      else reject(new ToolError(tool, args, status ?? signal ?? 'no status', Buffer.concat(all).toString()));
    });
  });
}

const versions = new Map<string, Promise<string>>();

/** The first line of `--version`: part of a build's identity. */
export function toolVersion(tool: string): Promise<string> {
  let version = versions.get(tool);
  if (!version) {
    version = runTool(tool, ['--version'], '.').then((text) => text.split('\n')[0] ?? '');
    versions.set(tool, version);
    version.catch(() => versions.delete(tool));
  }
  return version;
}
