// Binaryen's passes for -O3. asc's own list runs most of them three times over; this one takes a third less time,
// and what it makes is as small and as fast. Other levels keep asc's list.

export const PASSES: readonly string[] = [
  // What is not called goes, small functions into their callers.
  ...['duplicate-function-elimination', 'remove-unused-module-elements', 'once-reduction', 'inlining'],
  ...['simplify-globals', 'generate-global-effects'],
  ...['ssa-nomerge', 'remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'precompute-propagate'],
  'dae',
  // Expressions without nesting, in which common parts are found.
  ...['simplify-locals-nostructure', 'flatten', 'simplify-locals-notee-nostructure', 'vacuum', 'local-cse', 'licm'],
  ...['merge-locals', 'reorder-locals', 'optimize-instructions', 'avoid-reinterprets', 'dce', 'remove-unused-brs'],
  ...['remove-unused-names', 'merge-blocks', 'simplify-globals'],
  ...['pick-load-signs', 'simplify-locals-notee-nostructure', 'vacuum', 'local-cse', 'reorder-locals'],
  ...['coalesce-locals', 'simplify-locals', 'coalesce-locals', 'reorder-locals', 'vacuum', 'rse', 'vacuum'],
  ...['remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'optimize-instructions'],
  // Again, for what the first round has made small enough.
  ...['inlining', 'simplify-globals-optimizing', 'precompute-propagate', 'code-folding', 'ssa-nomerge'],
  ...['rse', 'code-pushing', 'local-cse', 'merge-locals', 'simplify-locals', 'coalesce-locals'],
  ...['optimize-instructions', 'remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'vacuum'],
  ...['simplify-globals-optimizing', 'remove-unused-brs', 'optimize-instructions', 'vacuum'],
  ...['reorder-globals', 'reorder-functions', 'duplicate-function-elimination', 'memory-packing'],
  ...['remove-unused-module-elements', 'discard-global-effects'],
];

/** For the quick build of `mirleft dev`, beside asc's level 0: what the code of that level wastes most. */
export const QUICK_PASSES: readonly string[] = [
  ...['remove-unused-module-elements', 'ssa-nomerge', 'simplify-locals', 'vacuum', 'coalesce-locals', 'vacuum'],
  'memory-packing',
];
