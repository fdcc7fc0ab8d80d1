/** A command was called in a way it does not understand. The message says how to call it. */
export class UsageError extends Error {}
