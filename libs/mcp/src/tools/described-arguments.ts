import type { ObjectSchema } from '../routes/json-schema.js';

/** How a member of stored data is changed by a tool: null for all of it means that nothing was sent. */
export const MERGE_PATCH = 'A JSON merge patch (RFC 7396): null removes a key.';

/** Says of arguments what holds for a tool, where null means absent, and not for its route. */
export function describing(texts: Readonly<Record<string, string>>): (input: ObjectSchema) => ObjectSchema {
  return (input) => {
    const properties = { ...input.properties };
    for (const [name, description] of Object.entries(texts)) properties[name] = { ...properties[name], description };
    return { ...input, properties };
  };
}
