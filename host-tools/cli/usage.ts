// Wrong words on the command line, told as every other problem is: one line, what is wrong and what to try. The
// commands' own texts come from commander.

import type { Command, CommanderError } from 'commander';
import { Problem } from '../problem.js';

/** The command that the words go to: `mirleft build`, or `mirleft`. */
function commandOf(program: Command, words: readonly string[]): string {
  const name = words.find((word) => !word.startsWith('-'));
  const known = program.commands.some((command) => command.name() === name);
  return known ? `${program.name()} ${name}` : program.name();
}

const LISTED: Record<string, string> = {
  'commander.unknownCommand': 'lists the commands',
  'commander.missingArgument': 'tells what it takes',
  'commander.excessArguments': 'tells what it takes',
};

/** What commander found wrong; its message is prose of the form `error: WHAT` with a suggestion below it. */
export function usageProblem(error: CommanderError, program: Command, words: readonly string[]): Problem {
  const [first = '', ...below] = error.message.replace(/^error: /, '').split('\n');
  const meant = /\(Did you mean (?:one of )?(.*)\?\)/.exec(below.join(' '))?.[1];
  const help = `${commandOf(program, words)} --help ${LISTED[error.code] ?? 'lists the options'}`;
  const what = first
    .replace("argument '' is invalid", 'argument is empty')
    .replaceAll("'", '')
    .replace(/\.$/, '')
    // A word in capitals stays so.
    .replace(/\. ([A-Z](?![A-Z]))?/g, (_, letter: string | undefined) => `: ${letter?.toLowerCase() ?? ''}`);
  return new Problem('usage', what, {
    hint: meant === undefined ? help : `did you mean ${meant}? ${help}`,
  });
}
