import { groupToWire, pageToWire, taskToWire } from '../../core/wire.ts'
import { route, type Route } from './route.ts'
import { deadQuery, purgeBody, queueQuery, replayBody, undoBody } from './schemas.ts'

const msOf = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time))

export const DLQ_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/dlq',
    needs: 'viewer',
    about: 'Lists dead tasks, the newest first.',
    answers: 'a page of tasks, and how many were looked at',
    example: { query: { queue: 'mails', error: 'timeout' } },
    query: deadQuery,
    run: async (api, { query: { queue, before, after, ...rest } }) => {
      const page = await api.inspector.deadPage(queue, { ...rest, beforeMs: msOf(before), afterMs: msOf(after) })
      return { body: { ...pageToWire(page, taskToWire), scanned: page.scanned } }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/dlq/groups',
    needs: 'viewer',
    about: 'Lists the kinds of failures that tasks died of.',
    answers: 'the kinds, the largest first',
    example: { query: { queue: 'mails' } },
    query: queueQuery,
    run: async (api, { query: { queue } }) => {
      const groups = await api.inspector.deadGroups(queue === undefined ? undefined : [queue])
      return { body: { items: groups.map(groupToWire) } }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/dlq/replay',
    needs: 'operator',
    about: 'Brings dead tasks back into line.',
    answers: 'how many, and the operation',
    example: { body: { queue: 'mails', ids: ['mail-4'] } },
    body: replayBody,
    run: async (api, { body: { queue, ids }, by }) => {
      const { replayed, duplicates, skipped, operation } = await api.operator(by).replay(queue, ids)
      return { body: { operation, replayed: replayed.length, skipped: skipped.length, duplicates } }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/dlq/purge',
    needs: 'operator',
    about: 'Moves dead tasks into the trash, or removes them for good.',
    answers: 'how many, and the operation',
    example: { body: { queue: 'mails', ids: ['mail-4'] } },
    body: purgeBody,
    run: async (api, { body: { queue, ids, now }, by }) => {
      const { purged, skipped, operation } = await api.operator(by).purge(queue, ids, { now })
      return { body: { operation, purged: purged.length, skipped: skipped.length } }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/dlq/undo',
    needs: 'operator',
    about: 'Takes a purge back.',
    answers: 'how many',
    example: { body: { queue: 'mails', ids: ['mail-4'] } },
    body: undoBody,
    run: async (api, { body: { queue, ids, operation }, by }) => {
      const { restored, skipped } = await api.operator(by).undo(queue, { ids, operation })
      return { body: { restored: restored.length, skipped: skipped.length } }
    },
  }),
]
