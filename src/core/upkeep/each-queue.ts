/**
 * The same work for one queue after the other. A queue in which it fails, for a key of a wrong type, keeps no other from it.
 * @returns what it came to where it did not fail. @throws the first failure, after all have had their turn.
 */
export async function eachQueue<T>(queues: readonly string[], work: (queue: string) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  const failures: unknown[] = []
  for (const queue of queues) {
    try {
      results.push(await work(queue))
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  return results
}
