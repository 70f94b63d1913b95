/** The element `i`, which must be there: an index beyond the end is the test's own mistake. */
export function pick<T>(list: ArrayLike<T>, i: number): T {
  const element = list[i];
  if (element === undefined) throw new RangeError(`no element ${i} of ${list.length}`);
  return element;
}
