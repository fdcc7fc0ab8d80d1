import type { ObjectSchema } from '../routes/json-schema.js';

/** Which tools a client is shown: `core` is what an agent works with, `full` everything. */
export const profiles = ['core', 'full'] as const;

export type Profile = (typeof profiles)[number];

/**
 * What calling does to what is stored: nothing (`reads`), something more (`adds`), something else in its place
 * (`changes`), or something less (`removes`).
 */
export type Effect = 'reads' | 'adds' | 'changes' | 'removes';

export type ToolArguments = Readonly<Record<string, unknown>>;

/** A tool is a route by another name: its arguments are the fields of path, query and body, its result is the answer. */
export interface ToolDefinition {
  readonly name: string;
  readonly title: string;
  /** For the model: what it does and when to use it. */
  readonly description: string;
  /** `POST /v1/sessions/:id/end` */
  readonly route: string;
  /** The tool that is the same route by its usual name: this one has the name that any client looks for. */
  readonly alsoKnownAs?: string;
  /** Arguments that have another name than the field of the route, by that field. */
  readonly renames?: Readonly<Record<string, string>>;
  /** Arguments that are shown, in their order, where not all are; the others are taken all the same. */
  readonly shows?: readonly string[];
  readonly effect: Effect;
  /** Whether doing it twice is the same as once. What reads always is. */
  readonly idempotent?: boolean;
  /** Part of the profile `core` as well. */
  readonly core?: boolean;
  /**
   * Whether the project of the connection is filled in where the call names none. Absent: where the route has a default
   * project.
   */
  readonly fillsProject?: (args: ToolArguments) => boolean;
  /** Says more than the schema of the route does, by the schema of another route's input. */
  readonly refine?: (input: ObjectSchema, inputOf: (route: string) => ObjectSchema) => ObjectSchema;
  /** Fields that each call sends to the route, and that the tool does not take. */
  readonly sends?: Readonly<Record<string, unknown>>;
  /** Arguments that hold fewer items than the route takes, since an answer is written as one message. */
  readonly mostItems?: Readonly<Record<string, number>>;
  /** Name of the answer's long text, which is read in parts: the tool takes `offset` and `length`. */
  readonly pages?: string;
  /** What `pages` may be: a text, or any JSON value, of whose JSON parts are shown where it is too long. Absent: `text`. */
  readonly pageOf?: 'text' | 'json';
  /** The tool that reads on where `pages` is too long, for one that takes no `offset` and `length`. */
  readonly readsOnWith?: string;
  /** Arguments that take objects alone, whatever the route takes, and what is said of others. */
  readonly takesObjects?: Readonly<Record<string, string>>;
  /** What of the answer the caller has just sent, as JSON Pointers with `*` for each item: it is left out. */
  readonly omits?: readonly string[];
  /** The answer holds stored texts: written as a text, it is fenced as data. */
  readonly recalls?: boolean;
  /** For the model: how the rest of an answer is read that was too large. */
  readonly readOn?: string;
  /** The answer is for programs, which need all of it, whatever its size. */
  readonly isWhole?: boolean;
}
