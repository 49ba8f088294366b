import type { Check, Finding } from './check.ts'

export const books: Check = {
  what: 'books',
  async look({ inspector }) {
    const queues = await inspector.queueNames()
    const ledgers = await Promise.all(queues.map((queue) => inspector.verify(queue)))
    const wrong = queues.flatMap((queue, i): Finding[] => {
      const { drift } = ledgers[i]!
      if (drift.length === 0) return []
      const text = `the books of ${queue} do not balance: ${drift.join('; ')}`
      return [{ level: 'fail', text, remedy: `dq verify --deep --repair --queue ${queue}, and keep its output` }]
    })
    return wrong.length > 0 ? wrong : [{ level: 'ok', text: `the books balance; queues: ${queues.length}` }]
  },
}
