const FIRST_MS = 100
const MOST_MS = 2000

/** The pause after so many failures in a row: between half and all of 100 ms × 2^failures, 2 s at most. */
export const troubleMs = (failures: number, random: () => number): number =>
  Math.min(FIRST_MS * 2 ** Math.min(failures, 10), MOST_MS) * (0.5 + random() / 2)
