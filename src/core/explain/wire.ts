import type { Explanation, Reason } from './facts.ts'

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Names in snake case, times in RFC 3339 under a name that ends in `at`. */
const detailsToWire = (details: Reason['details']): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(details).map(([name, value]) =>
      name.endsWith('AtMs') && typeof value === 'number'
        ? [snake(name.slice(0, -2)), new Date(value).toISOString()]
        : [snake(name), value],
    ),
  )

/** The shape of `GET /v1/tasks/:id/explain` and `dq explain --json`. */
export const explanationToWire = ({ id, queue, state, traceId, reasons }: Explanation) => ({
  id,
  queue: queue ?? null,
  state: state ?? null,
  trace_id: traceId,
  reasons: reasons.map(({ code, text, details }) => ({ code, text, details: detailsToWire(details) })),
})
