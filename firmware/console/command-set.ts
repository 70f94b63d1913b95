// Commands of a console: what a program adds to it extends CommandSet.

/** How a command stands. */
export const enum Outcome {
  Done,
  /** It goes on in the steps to come: `goOn`. */
  Busy,
  /** Its arguments are wrong, and nothing was done. */
  Usage,
}

/** Some commands. Their arguments are taken by arguments.ts. */
export abstract class CommandSet {
  /**
   * `table` has a line a command, ended by a newline: its name, a space and its arguments if it has any, a tab, and what
   * it does. One without the last is another name, which is not listed. Commands are numbered as their lines, from 0.
   */
  constructor(readonly table: string) {}

  /** Runs a command; what it prints must fit into 4 KiB, as what each call of `goOn` prints. */
  abstract run(command: i32): Outcome;

  /** Goes on with the command that is Busy, when all that it printed was handed on. */
  goOn(): Outcome {
    return Outcome.Done;
  }

  /** The command that is Busy ends here. */
  stop(): void {}

  /**
   * Begins to offer (completion.ts) what there is in a folder, `bytes` bytes at `path`, for the argument of a command.
   * False when the command takes no path, or there is no such folder.
   */
  beginOffers(_command: i32, _path: usize, _bytes: i32): bool {
    return false;
  }

  /** Offers some more. False: those were all. */
  offerMore(): bool {
    return false;
  }
}
