import { Discard } from '../../src/core/errors.ts'
import { type Workbench, workbench } from './workbench.ts'

/** Handlers whose tasks are dead at once. */
export const handlers = {
  mail: () => {
    throw new Discard('421 SMTP timeout')
  },
  image: () => {
    throw new Discard('no image')
  },
}

/** `n` dead mails and as many dead images, the images in a queue of their own. */
export async function graveyard(n: number): Promise<Workbench> {
  const bench = await workbench()
  const worker = await bench.work(handlers, { queues: ['mails', 'images'], concurrency: 100 })
  for (const [type, queue] of [
    ['mail', 'mails'],
    ['image', 'images'],
  ] as const)
    await bench.client.enqueueMany(
      Array.from({ length: n }, (_, i) => ({ type, payload: i, queue, id: `${type}${i}` })),
    )
  await bench.untilSeen('task.dead', 2 * n)
  await worker.stop()
  return bench
}

/** How many dead tasks each queue has. */
export const deadOf = async ({ client }: Workbench): Promise<Record<string, number>> =>
  Object.fromEntries((await client.inspector.snapshot()).map(({ name, dead }) => [name, dead]))
