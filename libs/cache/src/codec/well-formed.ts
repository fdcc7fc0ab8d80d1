const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether every UTF-16 surrogate of the text has its pair. UTF-8 can't carry one without. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}
