import type * as Otel from '@opentelemetry/api'
import type { ItemResult } from './enqueue-result.ts'
import { DqError, messageOf } from './errors.ts'
import { LIMITS } from './limits.ts'
import {
  endSaid,
  enqueueName,
  enqueueSaid,
  type Enqueuing,
  type Failed,
  PROCESS_SAID,
  resultsSaid,
  type Run,
  type RunEnd,
  runSaid,
} from './span-attributes.ts'
import { isTraceparent } from './traceparent.ts'
import { VERSION } from './version.ts'
import { within } from './within.ts'

/**
 * The only file that knows OpenTelemetry. Its API is the user's: it is loaded where the program has it, and spans are made
 * where an SDK is registered with it; see docs/TRACING.md.
 */
type Api = typeof Otel

const PACKAGE = '@opentelemetry/api'
const NAME = 'distributedq'

let api: Api | undefined
let isKnown = false
let looking: Promise<void> | undefined

const isAbsent = (error: unknown): boolean =>
  error instanceof Error &&
  Reflect.get(error, 'code') === 'ERR_MODULE_NOT_FOUND' &&
  error.message.includes(`'${PACKAGE}'`)

async function look(): Promise<void> {
  try {
    api = await import('@opentelemetry/api')
  } catch (cause) {
    if (!isAbsent(cause))
      throw new DqError('not_supported', `${PACKAGE} cannot be loaded: ${messageOf(cause)}; install it again`, {
        cause,
      })
  }
  isKnown = true
}

/** Looks, once in a process, whether the program has the API. @throws DqError `not_supported` when it has a broken one. */
export const lookForTracing = (): Promise<void> => (looking ??= look())

/** Whether there may be something to trace. Without the API this is all that a task costs. */
export const mayTrace = (): boolean => api !== undefined

/** Of the SDK that is registered now; undefined without one, so that nothing is made for nobody. */
function tracerNow(): Otel.Tracer | undefined {
  if (api === undefined) return undefined
  const provider = api.trace.getTracerProvider()
  return provider instanceof api.ProxyTracerProvider
    ? provider.getDelegateTracer(NAME, VERSION)
    : provider.getTracer(NAME, VERSION)
}

function contextOf(traceparent: string | undefined): Otel.SpanContext | undefined {
  if (traceparent === undefined || !isTraceparent(traceparent)) return undefined
  const traceFlags = Number.parseInt(traceparent.slice(53), 16) & 1
  return { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52), traceFlags, isRemote: true }
}

/** Of a span that is not sampled too: those who run the task are told not to sample it either. */
function traceparentOf(span: Otel.Span): string | undefined {
  const context = span.spanContext()
  if (!api!.isSpanContextValid(context)) return undefined
  return `00-${context.traceId}-${context.spanId}-0${context.traceFlags & 1}`
}

function fail(span: Otel.Span, { kind, message: whole, stack }: Failed): void {
  const message = whole.slice(0, LIMITS.messageChars)
  const exception: Otel.Exception = { name: kind, message }
  if (stack !== undefined) exception.stack = stack.slice(0, LIMITS.stackChars)
  span.recordException(exception)
  span.setAttribute('error.type', kind)
  span.setStatus({ code: api!.SpanStatusCode.ERROR, message })
}

/** The span of a call that enqueues something. */
export interface EnqueueSpan {
  /** What its tasks carry, unless their caller gave them something else. */
  readonly traceparent: string | undefined
  /** Says what became of each of its tasks, and the queues that they are in. */
  readonly enqueued: (queues: readonly string[], results: readonly ItemResult[]) => void
}

async function inEnqueueSpan<T>(
  tracer: Otel.Tracer,
  call: (span: EnqueueSpan) => Promise<T>,
  tell: () => Enqueuing,
): Promise<T> {
  const { context, trace, SpanKind } = api!
  const about = tell()
  const custom = contextOf(about.given)
  const active = context.active()
  const isInSpan = trace.getSpanContext(active) !== undefined
  const parent = custom === undefined || isInSpan ? active : trace.setSpanContext(active, custom)
  const links = custom === undefined ? [] : [{ context: custom }]
  const options = { kind: SpanKind.PRODUCER, attributes: enqueueSaid(about), links }
  const span = tracer.startSpan(enqueueName(about), options, parent)
  const handle: EnqueueSpan = {
    traceparent: traceparentOf(span),
    enqueued: (queues, results) => void span.setAttributes(resultsSaid(about, queues, results)),
  }
  try {
    return await context.with(trace.setSpan(parent, span), () => call(handle))
  } catch (error) {
    const kind = error instanceof DqError ? error.code : error instanceof Error ? error.name : 'thrown'
    fail(span, { kind, message: about.isSecret ? kind : messageOf(error) })
    throw error
  } finally {
    span.end()
  }
}

/** Makes a call of a producer, within a span of its own where somebody traces. */
export function enqueuing<T>(call: (span?: EnqueueSpan) => Promise<T>, about: () => Enqueuing): Promise<T> {
  if (!isKnown) return lookForTracing().then(() => enqueuing(call, about))
  const tracer = tracerNow()
  return tracer === undefined ? call() : inEnqueueSpan(tracer, call, about)
}

export interface RunSpan {
  readonly traceparent: string | undefined
  /** Calls within the span: spans made there are its children. */
  readonly within: <T>(call: () => T) => T
  /** Only the first end counts. */
  readonly end: (how: RunEnd) => void
}

/** Begins the span of a run, and tells of its wait; undefined when nobody traces. */
export function beginRun(run: Run): RunSpan | undefined {
  const tracer = tracerNow()
  if (tracer === undefined) return undefined
  const { context, trace, SpanKind, ROOT_CONTEXT } = api!
  const attributes = runSaid(run)
  const creation = contextOf(run.traceparent)
  // Whatever this worker was about when it claimed the task is none of the task's.
  const parent = creation === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, creation)
  if (creation !== undefined && run.waitMs !== undefined) {
    const nowMs = Date.now()
    tracer.startSpan(`wait ${run.type}`, { startTime: nowMs - run.waitMs, attributes }, parent).end(nowMs)
  }
  const links = creation === undefined ? [] : [{ context: creation }]
  const options = { kind: SpanKind.CONSUMER, attributes: { ...attributes, ...PROCESS_SAID }, links }
  const span = tracer.startSpan(`process ${run.type}`, options, parent)
  const inside = trace.setSpan(ROOT_CONTEXT, span)
  return {
    traceparent: traceparentOf(span),
    within: (call) => context.with(inside, call),
    end: (how) => end(span, how),
  }
}

function end(span: Otel.Span, how: RunEnd): void {
  if (!span.isRecording()) return
  span.setAttributes(endSaid(how))
  if (how.failed !== undefined) fail(span, how.failed)
  span.end()
}

/**
 * Calls as a part of a trace that came from elsewhere, unless there is a span already.
 * @param call `left` is what nobody here carries on, so that it has to be handed on as it is.
 */
export async function inTrace<T>(
  traceparent: string | undefined,
  call: (left: string | undefined) => Promise<T> | T,
): Promise<T> {
  const remote = contextOf(traceparent)
  if (remote === undefined) return call(undefined)
  await lookForTracing()
  if (tracerNow() === undefined) return call(traceparent)
  const { context, trace } = api!
  const active = context.active()
  if (trace.getSpanContext(active) !== undefined) return call(undefined)
  const isCarried = (): boolean => trace.getSpanContext(context.active()) !== undefined
  return context.with(trace.setSpanContext(active, remote), () => call(isCarried() ? undefined : traceparent))
}

const FLUSH_MS = 2_000

/** Has the SDK send what it collected, for two seconds at most: for a process that is about to end. */
export async function flushSpans(): Promise<void> {
  const provider: object | undefined = api?.trace.getTracerProvider()
  if (provider === undefined) return
  const sdk = 'getDelegate' in provider ? (provider as Otel.ProxyTracerProvider).getDelegate() : provider
  const flush: unknown = Reflect.get(sdk, 'forceFlush')
  if (typeof flush !== 'function') return
  // What an exporter has to complain about the SDK tells.
  await within(FLUSH_MS, Promise.allSettled([flush.call(sdk)]))
}
