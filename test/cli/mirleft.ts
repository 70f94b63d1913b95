// The command line as a process, for tests.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { compiledTool } from '../support/compiled.js';

/** So long that a machine with ten other things to do has compiled a program, too. */
const LIMIT_MS = 100_000;
const command = [await compiledTool('host-tools/cli/main.js')];

/** What a failed test has left running ends with this process. */
const children = new Set<ChildProcessWithoutNullStreams>();
process.once('exit', () => children.forEach((child) => child.kill()));

function spawned(program: string, args: string[], folder: string, env: Record<string, string>) {
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...env } });
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.stdin.on('error', () => undefined);
  return child;
}

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcessWithoutNullStreams;
  ended: Promise<Ran>;
  /** Its status, also while something that it started still holds its output. */
  exited: Promise<number | null>;
  /** What it has printed until now: stdout, then stderr. */
  text(): string;
  /** Waits until that holds the text; fails with what there is when the process ends without it, or after 100 s. */
  until(text: string | RegExp): Promise<void>;
}

/** Waits until something is so; fails when it is not within 100 s, or when `over` says that it cannot be any more. */
export async function when(so: () => boolean, what: string, over = (): boolean => false): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!so()) {
    if (over() || Date.now() > end) throw new Error(`not seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Starts `mirleft` with these arguments in `folder`. */
export function start(folder: string, args: string[], env: Record<string, string> = {}): Running {
  const child = spawned(process.execPath, [...command, ...args], folder, { NO_COLOR: '1', ...env });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ran>((resolve) => child.once('close', (status) => resolve({ status, stdout, stderr })));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    child,
    ended,
    exited,
    text: () => stdout + stderr,
    async until(text) {
      const end = Date.now() + LIMIT_MS;
      let over = false;
      void ended.then(() => (over = true));
      const there = (): boolean =>
        typeof text === 'string' ? (stdout + stderr).includes(text) : text.test(stdout + stderr);
      while (!there()) {
        if (over || Date.now() > end)
          throw new Error(`${over ? 'ended' : 'waited'} without ${String(text)}:\n${stdout}${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

/** A terminal with something that runs in it. */
export interface Terminal {
  child: ChildProcessWithoutNullStreams;
  /** What it was sent until now. */
  text(): string;
  /** Waits until that is so; fails as `when` does, and when all has ended before. */
  until(so: (text: string) => boolean, what: string): Promise<void>;
  ended: Promise<void>;
}

/** Runs a line of shell in a terminal, which `script` lends; the line is made with the words that start `mirleft`. */
export function startInTerminal(folder: string, line: (mirleft: string) => string): Terminal {
  const mirleft = [process.execPath, ...command].map((word) => `"${word}"`).join(' ');
  const child = spawned('script', ['-qec', line(mirleft), '/dev/null'], folder, { TERM: 'xterm' });
  let [text, isOver] = ['', false];
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve(void (isOver = true))));
  const until = (so: (text: string) => boolean, what: string): Promise<void> =>
    when(
      () => so(text),
      what,
      () => isOver,
    );
  return { child, text: () => text, until, ended };
}

/** Runs `mirleft` to its end. */
export function run(folder: string, args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const running = start(folder, args, env);
  running.child.stdin.end();
  return running.ended;
}
