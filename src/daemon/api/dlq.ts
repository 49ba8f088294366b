import { z } from 'zod'
import { groupToWire, pageToWire, taskToWire, whole } from '../../core/wire.ts'
import { countIds, countMatches, operate } from './dlq-selection.ts'
import { queueOr404 } from './queues.ts'
import { pageOf, taskReply } from './replies.ts'
import { groupReply, purgeReply, replayReply, undoReply } from './replies-operations.ts'
import { route, type Route } from './route.ts'
import { deadQuery, purgeBody, queueQuery, replayBody, undoBody } from './schemas.ts'

const msOf = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time))

const countsOf = (ids: readonly string[], skipped: readonly string[]) => ({
  dry_run: false,
  scanned: ids.length,
  matched: ids.length - skipped.length,
  skipped: skipped.length,
})

export const DLQ_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/dlq',
    needs: 'viewer',
    about: 'Lists dead tasks, the newest first.',
    answers: 'a page of tasks, and how many were looked at',
    replies: { 200: pageOf(taskReply).extend({ scanned: z.int().min(0) }) },
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
    answers: 'a page of kinds, the largest first',
    replies: { 200: pageOf(groupReply) },
    example: { query: { queue: 'mails' } },
    query: queueQuery,
    run: async (api, { query: { queue } }) => {
      const groups = await api.inspector.deadGroups(queue === undefined ? undefined : [queue])
      return { body: pageToWire(whole(groups), groupToWire) }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/dlq/replay',
    needs: 'operator',
    about: 'Brings dead tasks back into line, chosen by ids or by a filter.',
    answers: 'how many, and the operation; 202 while one with a filter goes on',
    replies: { 200: replayReply, 202: replayReply },
    example: { body: { queue: 'mails', ids: ['mail-4'] } },
    body: replayBody,
    run: async (api, { body: { queue, ids, filter, dry_run: isDry }, by }) => {
      await queueOr404(api, queue)
      if (filter !== undefined)
        return isDry
          ? { body: await countMatches(api, queue, filter) }
          : operate(api, by, queue, { kind: 'replay', filter })
      if (isDry) return { body: await countIds(api, queue, ids ?? []) }
      const { replayed, duplicates, skipped, operation } = await api.operator(by).replay(queue, ids ?? [])
      const counts = countsOf(ids ?? [], skipped)
      return { body: { operation, ...counts, replayed: replayed.length, duplicates } }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/dlq/purge',
    needs: 'operator',
    about: 'Moves dead tasks into the trash, or removes them for good, chosen by ids or by a filter.',
    answers: 'how many, and the operation; 202 while one with a filter goes on',
    replies: { 200: purgeReply, 202: purgeReply },
    example: { body: { queue: 'mails', ids: ['mail-4'] } },
    body: purgeBody,
    run: async (api, { body: { queue, ids, filter, now, dry_run: isDry }, by }) => {
      await queueOr404(api, queue)
      if (filter !== undefined)
        return isDry
          ? { body: await countMatches(api, queue, filter) }
          : operate(api, by, queue, { kind: 'purge', filter, now })
      if (isDry) return { body: await countIds(api, queue, ids ?? []) }
      const { purged, skipped, operation } = await api.operator(by).purge(queue, ids ?? [], { now })
      return { body: { operation, ...countsOf(ids ?? [], skipped), purged: purged.length } }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/dlq/undo',
    needs: 'operator',
    about: 'Takes a purge back: some ids, those of one purge, or without either those of the newest.',
    answers: 'how many, and the purge',
    replies: { 200: undoReply },
    example: { body: { queue: 'mails', ids: ['mail-4'] } },
    body: undoBody,
    run: async (api, { body: { queue, ids, operation: of }, by }) => {
      await queueOr404(api, queue)
      const { restored, skipped, operation = null } = await api.operator(by).undo(queue, { ids, operation: of })
      return { body: { operation, restored: restored.length, skipped: skipped.length } }
    },
  }),
]
