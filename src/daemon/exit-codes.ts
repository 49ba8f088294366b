/** How the process ends, for supervisors. */
export const EXIT = { ok: 0, failure: 1, configuration: 2, credentials: 78 } as const
