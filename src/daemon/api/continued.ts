import type { NewTaskItem } from '../../core/client.ts'
import type { FlowNode } from '../../core/flow.ts'
import type { EnqueueOptions } from '../../core/options.ts'
import { inTrace } from '../../core/tracing.ts'
import type { Api, Producer } from './route.ts'

type Traced = Pick<EnqueueOptions, 'traceparent'>

/** Enqueues as a part of the trace that a request came with. What a task itself says comes first. */
class ContinuedProducer implements Producer {
  readonly #client: Producer
  readonly #traceparent: string

  constructor(client: Producer, traceparent: string) {
    this.#client = client
    this.#traceparent = traceparent
  }

  enqueue(type: string, payload: unknown, options: EnqueueOptions): ReturnType<Producer['enqueue']> {
    return inTrace(this.#traceparent, (left) => this.#client.enqueue(type, payload, within(options, left)))
  }

  enqueueMany(items: readonly NewTaskItem[]): ReturnType<Producer['enqueueMany']> {
    return inTrace(this.#traceparent, (left) => this.#client.enqueueMany(items.map((item) => within(item, left))))
  }

  enqueueFlow({ nodes }: Parameters<Producer['enqueueFlow']>[0]): ReturnType<Producer['enqueueFlow']> {
    return inTrace(this.#traceparent, (left) => {
      const continued = (node: FlowNode): FlowNode => ({
        ...node,
        options: within(node.options ?? {}, left),
        children: node.children?.map(continued),
      })
      return this.#client.enqueueFlow({ nodes: nodes.map(continued) })
    })
  }
}

const within = <T extends Traced>(options: T, traceparent: string | undefined): T =>
  traceparent === undefined || options.traceparent !== undefined ? options : { ...options, traceparent }

/** What the routes work with for a request with such a header. One that is no trace context is as none. */
export const continuedApi = (api: Api, traceparent: string): Api => ({
  ...api,
  client: new ContinuedProducer(api.client, traceparent),
})
