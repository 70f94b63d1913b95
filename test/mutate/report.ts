// What came of the mutants, for people and for programs.

import { KINDS } from './generate.js';
import type { Outcome } from './run.js';

const place = ({ mutant: { file, line } }: Outcome): string => (line ? `${file}:${line}` : file);

/** A table by driver and kind (caught of all that count), then what survived and what is excused. */
export function table(outcomes: readonly Outcome[]): string {
  const counted = outcomes.filter(({ result }) => result === 'caught' || result === 'survived');
  const files = [...new Set(counted.map(({ mutant }) => mutant.file))].sort();
  const kinds = KINDS.filter((kind) => counted.some(({ mutant }) => mutant.kind === kind));
  const cell = (file: string | undefined, kind: string | undefined): string => {
    const those = counted.filter(
      ({ mutant }) => (file === undefined || mutant.file === file) && (kind === undefined || mutant.kind === kind),
    );
    return those.length ? `${those.filter(({ result }) => result === 'caught').length}/${those.length}` : '';
  };
  const rows = [
    ['', ...kinds, 'all'],
    ...[...files, undefined].map((file) => [
      file ?? 'all',
      ...kinds.map((kind) => cell(file, kind)),
      cell(file, undefined),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row.map((text, column) => (column ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[0] ?? 0))).join('  '),
  );
  const caught = counted.filter(({ result }) => result === 'caught').length;
  const number = (result: Outcome['result']): number => outcomes.filter((each) => each.result === result).length;
  return [
    ...lines,
    '',
    `${caught} of ${counted.length} caught, ${((100 * caught) / Math.max(1, counted.length)).toFixed(1)} %; ` +
      `not counted: ${number('excused')} excused, ${number('same')} of no effect on a program, ` +
      `${number('refused')} that do not compile`,
    ...list('survived', outcomes),
    ...list('excused', outcomes),
    '',
  ].join('\n');
}

function list(result: Outcome['result'], outcomes: readonly Outcome[]): string[] {
  const those = outcomes.filter((each) => each.result === result);
  if (those.length === 0) return [];
  return [
    '',
    `${result}:`,
    ...those.flatMap((outcome) => [
      `  ${place(outcome)} ${outcome.mutant.kind}${outcome.excuse ? `, ${outcome.excuse.kind}: ${outcome.text}` : ''}`,
      `    - ${outcome.mutant.before}`,
      `    + ${outcome.mutant.after}`,
    ]),
  ];
}

export const toJson = (outcomes: readonly Outcome[]): unknown =>
  outcomes.map(({ mutant: { file, line, kind, before, after }, result, by, text }) => ({
    ...{ file, line, kind, before, after, result },
    ...(by === undefined ? {} : { by }),
    ...(text === undefined ? {} : { text }),
  }));
