// A program's text as far as mutants need it: calls with their arguments, statements of one call.

export interface Call {
  /** Where its name begins and its last parenthesis ends. */
  readonly from: number;
  readonly to: number;
  /** Where its arguments begin. */
  readonly inside: number;
}

export interface Statement {
  /** The statement with its semicolon, from its first character. */
  readonly from: number;
  readonly to: number;
  /** Where its call begins: behind an `if (…)`. */
  readonly call: number;
}

/** The line of a place, from 1. */
export const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length;

/** Calls whose name, with the parenthesis, `name` matches. */
export function calls(text: string, name: RegExp): Call[] {
  return [...text.matchAll(name)].map(({ index, 0: found }) => {
    const inside = index + found.length;
    return { from: index, inside, to: closing(text, inside) };
  });
}

/** Behind the parenthesis that closes what is open at `at`. */
function closing(text: string, at: number): number {
  let depth = 1;
  let end = at;
  for (; depth > 0 && end < text.length; end++) {
    if (text[end] === '(') depth++;
    else if (text[end] === ')') depth--;
  }
  return end;
}

/** The texts of a call's arguments. */
export function argumentsOf(text: string, { inside, to }: Call): string[] {
  const list: string[] = [];
  let depth = 0;
  let from = inside;
  for (let at = inside; at < to - 1; at++) {
    const character = text[at];
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === ',' && depth === 0) {
      list.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  list.push(text.slice(from, to - 1).trim());
  return list.filter((each) => each !== '');
}

/** Statements that begin on a line which `first` matches up to a parenthesis of the call, and are that call alone. */
export function statements(text: string, first: RegExp): Statement[] {
  const list: Statement[] = [];
  let at = 0;
  for (const line of text.split('\n')) {
    const found = first.exec(line);
    if (found && !/^\s*\/\//.test(line)) {
      const inside = at + found[0].length;
      const to = closing(text, inside);
      const call = at + found[0].search(/[\w.]+\($/);
      if (text[to] === ';') list.push({ from: at + line.search(/\S/), to: to + 1, call });
    }
    at += line.length + 1;
  }
  return list;
}
