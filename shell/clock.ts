/** Milliseconds since 1970. Passed in wherever time decides something, so that tests can hold it. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
