// Least squares with the wish to stay near given values where the rows say nothing.

/**
 * The vector that makes `rows` · x come nearest to `wanted`, in the sum of squares. `pull` (small) draws each unknown
 * to its value in `prior`.
 */
export function leastSquares(
  rows: readonly (readonly number[])[],
  wanted: readonly number[],
  prior: readonly number[],
  pull: number,
): number[] {
  const count = prior.length;
  // Normal equations, solved by elimination with the pivot on the diagonal: they are positive definite by the pull.
  const system = Array.from({ length: count }, (_, i) => {
    const line = new Float64Array(count + 1);
    line[i] = pull;
    line[count] = pull * (prior[i] ?? 0);
    return line;
  });
  for (const [r, row] of rows.entries()) {
    for (const [i, line] of system.entries()) {
      const factor = row[i] ?? 0;
      if (factor === 0) continue;
      for (let j = 0; j < count; j++) line[j] = (line[j] ?? 0) + factor * (row[j] ?? 0);
      line[count] = (line[count] ?? 0) + factor * (wanted[r] ?? 0);
    }
  }
  for (const [i, line] of system.entries()) {
    for (const [k, other] of system.entries()) {
      const factor = (other[i] ?? 0) / (line[i] ?? 1);
      if (k === i || factor === 0) continue;
      for (let j = i; j <= count; j++) other[j] = (other[j] ?? 0) - factor * (line[j] ?? 0);
    }
  }
  return system.map((line, i) => (line[count] ?? 0) / (line[i] ?? 1));
}
