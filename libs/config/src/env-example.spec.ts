import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentSchema } from './config.schema.js';

/** `[NAME, value]` of every line of `.env.example` that sets something, commented out or not. */
const listed = readFileSync(join(import.meta.dirname, '../../../.env.example'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, name, value] = /^#?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
const defaults = environmentSchema.parse({});

describe('.env.example', () => {
  it('lists every variable of the schema once, and no other', () => {
    expect(listed.map(([name]) => name).toSorted()).toEqual(Object.keys(environmentSchema.shape).toSorted());
  });

  it('changes nothing as it is', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../.env.example'), 'utf8');
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });

  it.each(listed)('%s=%s is valid, and the default where there is one', (name, value) => {
    const written = environmentSchema.parse({ [name]: value })[name as keyof typeof defaults];
    const fallback = defaults[name as keyof typeof defaults];
    const hasDefault = fallback !== undefined && !(Array.isArray(fallback) && fallback.length === 0);
    expect(written).toEqual(hasDefault ? fallback : expect.anything());
  });
});
