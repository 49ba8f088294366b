/** W3C trace context: version, trace id, id of the parent span, flags. */
export const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/

/** What has the form and yet names nothing: a version that is none, ids of zeros. */
const NOTHING = /^ff-|-0{32}-|-0{16}-/

/** Whether it names a trace and a span. What does not is left out, as the standard says, and nobody is bothered. */
export const isTraceparent = (text: string): boolean => TRACEPARENT.test(text) && !NOTHING.test(text)

/** @returns undefined without one, and for what somebody else wrote in its place. */
export const traceIdOf = (traceparent: string | undefined): string | undefined =>
  traceparent !== undefined && isTraceparent(traceparent) ? traceparent.slice(3, 35) : undefined
