/** A window of `rows` lines over `total`, as near to `scroll` as there are lines for. */
export const clampScroll = (scroll: number, total: number, rows: number): number =>
  Math.max(0, Math.min(scroll, total - rows))
