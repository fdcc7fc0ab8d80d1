import fc from 'fast-check';
import { z } from 'zod';
import { DomainError } from '#kernel';
import type { ToolDefinition } from './tool.js';
import type { Tool } from './tool-catalogue.js';
import { toRestCall } from './tool-request.js';

const definition: ToolDefinition = {
  name: 'thing_change',
  title: 'Change',
  description: 'Change a thing.',
  route: 'PATCH /v1/things/:id/part',
  effect: 'changes',
};

function toolOf(over: Partial<Tool['route']> = {}, part: Partial<Tool> = {}): Tool {
  return {
    definition,
    route: {
      name: definition.route,
      method: 'PATCH',
      path: '/v1/things/:id/part',
      access: ['memory:write'],
      params: z.strictObject({ id: z.string() }),
      query: undefined,
      body: z.strictObject({}),
      response: undefined,
      conditional: false,
      ...over,
    },
    scopes: ['memory:write'],
    input: { type: 'object', properties: {} },
    output: { type: 'object', properties: {} },
    pathFields: ['id'],
    queryFields: [],
    ...part,
  };
}

const writer = toolOf();
const reader = toolOf({ method: 'GET', body: undefined }, { queryFields: ['q', 'tags', 'live', 'limit'] });

describe('the request that a call of a tool means', () => {
  it('has each argument in its part', () => {
    expect(toRestCall(writer, { id: 'a b/c', text: 'x', n: null }, undefined)).toEqual({
      method: 'PATCH',
      path: '/v1/things/a%20b%2Fc/part',
      body: { text: 'x', n: null },
    });
    expect(toRestCall(reader, { id: 'a', q: 'x y', tags: ['b', 'c'], live: true, limit: 5 }, undefined)).toEqual({
      method: 'GET',
      path: '/v1/things/a/part?q=x+y&tags=b&tags=c&live=true&limit=5',
      body: undefined,
    });
  });

  it('refuses more than an address has room for, and names the argument that is too much', () => {
    const asked = (length: number) => () =>
      toRestCall(reader, { id: 'a', q: 'x'.repeat(20_000), tags: 'y'.repeat(length) }, undefined);
    expect(asked(12_768)).not.toThrow();
    expect(asked(12_769)).toThrow('/tags: makes the request too long');
  });

  it('refuses more items than the tool takes', () => {
    const tool = toolOf({}, { definition: { ...definition, mostItems: { input: 2 } } });
    expect(toRestCall(tool, { id: 'a', input: ['x', 'y'] }, undefined).body).toEqual({ input: ['x', 'y'] });
    expect(toRestCall(tool, { id: 'a', input: 'one text' }, undefined).body).toEqual({ input: 'one text' });
    expect(() => toRestCall(tool, { id: 'a', input: ['x', 'y', 'z'] }, undefined)).toThrow(
      '/input: takes at most 2 items in a call of this tool',
    );
  });

  it('sends what the route does not know where the route will report it', () => {
    expect(toRestCall(reader, { id: 'a', colour: 'red' }, undefined).path).toBe('/v1/things/a/part?colour=red');
    expect(toRestCall(writer, { id: 'a', colour: 'red' }, undefined).body).toEqual({ colour: 'red' });
  });

  it('has the names of the fields, whatever the tool calls them, and what each call sends', () => {
    const named = { ...reader, definition: { ...definition, renames: { q: 'query' }, sends: { limit: 7 } } };
    expect(toRestCall(named, { id: 'a', query: 'red' }, undefined).path).toBe('/v1/things/a/part?q=red&limit=7');
    expect(toRestCall(named, { id: 'a', q: 'red', limit: 2 }, undefined).path).toBe('/v1/things/a/part?q=red&limit=7');
    const writing = { ...writer, definition: { ...definition, sends: { text: 'sent' } } };
    expect(toRestCall(writing, { id: 'a', text: 'x' }, undefined).body).toEqual({ text: 'sent' });
  });

  it('has the tag of a state as its precondition, with the quotes that belong to it', () => {
    const conditional = toolOf({ conditional: true });
    const call = (ifMatch: unknown) => toRestCall(conditional, { id: 'a', text: 'x', ifMatch }, undefined);
    expect(call('"tag"')).toMatchObject({ body: { text: 'x' }, preconditions: { ifMatch: '"tag"' } });
    expect(call(' tag ').preconditions).toEqual({ ifMatch: '"tag"' });
    expect(call('*').preconditions).toEqual({ ifMatch: '*' });
    expect(call('W/"a", "b"').preconditions).toEqual({ ifMatch: 'W/"a", "b"' });
    expect(call(undefined)).not.toHaveProperty('preconditions');
    expect(toRestCall(writer, { id: 'a', ifMatch: 'x' }, undefined).body).toEqual({ ifMatch: 'x' });
    for (const wrong of [3, ['a'], 'a\r\nx-other: b', 'ü', 'x'.repeat(1001)])
      expect(() => call(wrong)).toThrow('/ifMatch: must be the etag of an earlier answer, or *');
  });

  it('fills in the project of the connection where the tool takes one and none is named', () => {
    const input = { type: 'object', properties: { project: { type: 'string', default: 'default' } } } as const;
    const fills = toolOf({}, { input });
    expect(toRestCall(fills, { id: 'a' }, 'atlas').body).toEqual({ project: 'atlas' });
    expect(toRestCall(fills, { id: 'a', project: 'b' }, 'atlas').body).toEqual({ project: 'b' });
    expect(toRestCall(fills, { id: 'a' }, undefined).body).toEqual({});
    expect(toRestCall(writer, { id: 'a' }, 'atlas').body).toEqual({});
    const never = { ...fills, definition: { ...definition, fillsProject: () => false } };
    expect(toRestCall(never, { id: 'a' }, 'atlas').body).toEqual({});
  });

  it.each([undefined, null, '', '.', '..', {}, ['a'], true, '\ud800'])(
    'is refused where the path can not hold %j',
    (id) => {
      expect(() => toRestCall(writer, { id }, undefined)).toThrow(
        expect.objectContaining({ code: 'invalid-request', issues: [expect.objectContaining({ pointer: '/id' })] }),
      );
    },
  );

  it.each([{ is: 'red' }, [{ is: 'red' }], [['red']], [null], null])(
    'is refused where a query would make a text of %j',
    (q) => {
      expect(() => toRestCall(reader, { id: 'a', q }, undefined)).toThrow(
        expect.objectContaining({ code: 'invalid-request', issues: [expect.objectContaining({ pointer: '/q' })] }),
      );
    },
  );

  it('is always one of its own route, whatever the arguments', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (others, id) => {
        const pathsOf = [writer, reader].flatMap((tool) => {
          try {
            return [new URL(toRestCall(tool, { ...others, id }, undefined).path, 'http://keepsake').pathname];
          } catch (error) {
            if (error instanceof DomainError) return [];
            throw error;
          }
        });
        expect(pathsOf.filter((path) => !/^\/v1\/things\/[^/]+\/part$/.test(path))).toEqual([]);
      }),
    );
  });
});
