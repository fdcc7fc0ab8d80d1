/** How much the body of a route may be, in the configuration of the route. */
export interface BodyBounds {
  /** In bytes. */
  readonly mostBytes: number;
  /** In JSON values. */
  readonly mostValues: number;
}

/** Of commands: names, notes, a summary. Their longest texts have room for it in any notation of JSON. */
export const COMMAND_BODY_BYTES = 256 * 1024;
export const MOST_VALUES = 10_000;
/** Of routes that take texts and documents, whose bytes the configuration bounds. */
export const MOST_VALUES_WITH_TEXT = 100_000;
