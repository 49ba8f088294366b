import { pageToWire, taskToWire } from '../../core/wire.ts'
import { route, type Route } from './route.ts'
import { deadQuery, purgeBody, replayBody, undoBody } from './schemas.ts'

const msOf = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time))

export const DLQ_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/dlq',
    query: deadQuery,
    run: async (api, { query: { queue, before, after, ...rest } }) => {
      const page = await api.inspector.deadPage(queue, { ...rest, beforeMs: msOf(before), afterMs: msOf(after) })
      return { body: { ...pageToWire(page, taskToWire), scanned: page.scanned } }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/dlq/replay',
    body: replayBody,
    run: async (api, { body: { queue, ids }, by }) => {
      const { replayed, duplicates, skipped, operation } = await api.operator(by).replay(queue, ids)
      return { body: { operation, replayed: replayed.length, skipped: skipped.length, duplicates } }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/dlq/purge',
    body: purgeBody,
    run: async (api, { body: { queue, ids, now }, by }) => {
      const { purged, skipped, operation } = await api.operator(by).purge(queue, ids, { now })
      return { body: { operation, purged: purged.length, skipped: skipped.length } }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/dlq/undo',
    body: undoBody,
    run: async (api, { body: { queue, ids, operation }, by }) => {
      const { restored, skipped } = await api.operator(by).undo(queue, { ids, operation })
      return { body: { restored: restored.length, skipped: skipped.length } }
    },
  }),
]
