// Binaryen's passes for -O3. asc's own list runs most of them three times over; this one takes less than a quarter of its
// time, and what it makes is smaller, and as fast on wasm3: a pass stands here because QOA or the chain takes more
// instructions without it, or the module grows by more than 0.5 %. Other levels keep asc's list.

export const PASSES: readonly string[] = [
  // What is not called goes, small functions into their callers.
  ...['remove-unused-module-elements', 'inlining'],
  ...['ssa-nomerge', 'remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'precompute'],
  ...['optimize-instructions', 'pick-load-signs', 'code-pushing', 'vacuum'],
  ...['reorder-locals', 'coalesce-locals', 'simplify-locals', 'coalesce-locals', 'reorder-locals', 'vacuum'],
  ...['remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'optimize-instructions'],
  ...['reorder-globals', 'reorder-functions', 'duplicate-function-elimination', 'memory-packing'],
  'remove-unused-module-elements',
];

/**
 * Up to what size, in nodes of Binaryen's trees, a function goes into its callers at -O3: always, when it has no calls
 * or loops, and when it has one caller. Beyond these the module grows by a sixth and gains 1 % of speed: what must be
 * inlined in a hot loop says so itself.
 */
export const INLINING = { always: 6, flexible: 10, oneCaller: 50 } as const;

/** For the quick build of `mirleft dev`, beside asc's level 0: what the code of that level wastes most. */
export const QUICK_PASSES: readonly string[] = [
  ...['remove-unused-module-elements', 'ssa-nomerge', 'simplify-locals', 'vacuum', 'coalesce-locals', 'vacuum'],
  'memory-packing',
];
