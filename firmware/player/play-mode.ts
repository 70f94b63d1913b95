// In which order tracks come, and what comes after the last one.

export const enum Order {
  Natural = 0,
  Shuffle = 1,
}

export const enum Repeat {
  Off = 0,
  All = 1,
  One = 2,
}
