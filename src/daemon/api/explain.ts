import { DqError } from '../../core/errors.ts'
import { explanationToWire } from '../../core/explain/wire.ts'
import { route, type Route } from './route.ts'
import { explanationReply } from './replies-operations.ts'
import { queueQuery } from './schemas.ts'

export const EXPLAIN_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/tasks/:id/explain',
    needs: 'viewer',
    about: 'Says why a task does not run, or what became of it.',
    answers: 'the reasons, what has to change first on top',
    replies: { 200: explanationReply },
    example: { params: { id: 'mail-2' }, query: { queue: 'mails' } },
    query: queueQuery,
    run: async (api, { params, query }) => {
      const explanation = await api.inspector.explain(params['id']!, query.queue)
      const [first] = explanation.reasons
      if (explanation.state === undefined) throw new DqError('not_found', first?.text ?? 'the task is not known')
      return { body: explanationToWire(explanation) }
    },
  }),
]
