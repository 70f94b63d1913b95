// Functions that the language leaves to the engine (ECMA-262, 21.3.2: "implementation-approximated"): made of additions,
// products and square roots here, so that a browser's samples are those of Node to the last bit.

/** sin(πx), to some 1e-16. */
export function sinPi(x: number): number {
  // To -1/2 … 1/2, exactly: the sine is odd about whole numbers, and changes its sign with each.
  const whole = Math.round(x);
  const y = Math.PI * (x - whole);
  const square = y * y;
  let sum = 0;
  for (let n = 23; n > 1; n -= 2) sum = (1 + sum) * (-square / (n * (n - 1)));
  const sine = y + y * sum;
  return whole % 2 === 0 ? sine : -sine;
}

/** cos(πx), to some 1e-16. */
export const cosPi = (x: number): number => sinPi(x + 0.5);

/** e to the power of x for small x, below 1 in magnitude; to some 1e-16. */
export function exponential(x: number): number {
  let sum = 0;
  for (let n = 20; n > 0; n--) sum = (1 + sum) * (x / n);
  return 1 + sum;
}
