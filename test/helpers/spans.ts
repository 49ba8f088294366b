import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { onTestFinished } from 'vitest'
import { until } from './until.ts'

export interface Spans {
  /** Those that have ended, with this name. */
  readonly named: (name: string) => ReadableSpan[]
  /** The same, once there are so many of them. */
  readonly untilNamed: (name: string, count?: number) => Promise<ReadableSpan[]>
  readonly all: () => ReadableSpan[]
}

/** Registers a real SDK, as a program does before it works, up to the end of the test. */
export function traced(root?: Sampler): Spans {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(root === undefined ? {} : { sampler: new ParentBasedSampler({ root }) }),
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  onTestFinished(() => {
    trace.disable()
    context.disable()
  })
  const all = (): ReadableSpan[] => exporter.getFinishedSpans()
  const named = (name: string): ReadableSpan[] => all().filter((span) => span.name === name)
  return {
    all,
    named,
    untilNamed: (name, count = 1) =>
      until(() => named(name).length >= count && named(name), { what: `${count} spans ${name}`, everyMs: 2 }),
  }
}

/** Makes a span around a call, as the user's program does. */
export const inSpan = <T>(name: string, call: () => Promise<T>): Promise<T> =>
  trace.getTracer('program').startActiveSpan(name, async (span) => {
    try {
      return await call()
    } finally {
      span.end()
    }
  })

export const idOfSpan = (span: ReadableSpan): string => span.spanContext().spanId
export const traceOf = (span: ReadableSpan): string => span.spanContext().traceId
/** As an envelope has it. */
export const traceparentOf = (span: ReadableSpan): string => `00-${traceOf(span)}-${idOfSpan(span)}-01`
