import type { ObjectSchema } from '../routes/json-schema.js';
import type { ToolArguments, ToolDefinition } from './tool.js';

type Renaming = Pick<ToolDefinition, 'renames'>;

/** The arguments of a tool under the names that it gives them. @throws Error where the route has no such field */
export function withNames({ name, renames = {} }: ToolDefinition, input: ObjectSchema): ObjectSchema {
  const missing = Object.keys(renames).find((field) => !(field in input.properties));
  if (missing !== undefined) throw new Error(`The tool ${name} renames ${missing}, which its route does not take.`);
  const nameOf = (field: string) => renames[field] ?? field;
  const properties = Object.entries(input.properties).map(([field, schema]) => [nameOf(field), schema]);
  const required = input.required?.map(nameOf);
  return { ...input, properties: Object.fromEntries(properties), ...(required === undefined ? {} : { required }) };
}

/** The same arguments under the names of the route's fields. */
export function toFieldNames({ renames = {} }: Renaming, args: ToolArguments): ToolArguments {
  const fields = new Map(Object.entries(renames).map(([field, name]) => [name, field]));
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [fields.get(name) ?? name, value]));
}

/** A problem that names fields, with the names of the arguments. */
export function withArgumentNames<
  Problem extends {
    readonly detail: string;
    readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  },
>({ renames = {} }: Renaming, problem: Problem): Problem {
  const pointers = new Map(Object.entries(renames).map(([field, name]) => [`/${field}`, `/${name}`]));
  let { detail } = problem;
  for (const [field, name] of pointers)
    for (const after of [' ', ':']) detail = detail.replaceAll(` ${field}${after}`, ` ${name}${after}`);
  const known = (text: string) =>
    text.replaceAll(/known are [^;.]*/g, (list) =>
      list.replaceAll(/[\w-]+/g, (name) => (Object.hasOwn(renames, name) ? (renames[name] ?? name) : name)),
    );
  const errors = problem.errors.map(({ pointer, detail: said }) => ({
    pointer: pointers.get(pointer) ?? pointer,
    detail: known(said),
  }));
  return { ...problem, detail: known(detail), errors };
}
