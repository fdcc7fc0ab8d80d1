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

  const hasDefault = (name: string) => {
    const fallback = defaults[name as keyof typeof defaults];
    return fallback !== undefined && !(Array.isArray(fallback) && fallback.length === 0);
  };

  it.each(listed.filter(([name]) => hasDefault(name)))('%s=%s is the default', (name, value) => {
    const written = environmentSchema.parse({ [name]: value });
    expect(written[name as keyof typeof defaults]).toEqual(defaults[name as keyof typeof defaults]);
  });

  it.each(listed.filter(([name]) => !hasDefault(name)))('%s=%s is an example that works', (name, value) => {
    expect(environmentSchema.parse({ [name]: value })).not.toEqual(defaults);
  });
});
