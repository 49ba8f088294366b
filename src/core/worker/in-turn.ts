/** One call after the other; what was not answered is given back, so that nothing is settled under two numbers. */
export async function inTurn<T>(
  parts: readonly T[][],
  send: (part: T[]) => Promise<void>,
  giveBack: (left: T[][]) => void,
): Promise<void> {
  for (const [i, part] of parts.entries()) {
    try {
      await send(part)
    } catch (error) {
      giveBack(parts.slice(i))
      throw error
    }
  }
}
