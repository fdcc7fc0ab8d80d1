import { newId, type SessionId, type WorkspaceId } from '#kernel';
import type { SearchPosition } from '../search.js';
import { decodeSearchCursor, encodeSearchCursor } from './search.cursor.js';

const workspaceId = newId<WorkspaceId>();
const listing = { project: 'one', query: 'fox', rerank: false, filters: { tags: ['a', 'b'] } };
const position: SearchPosition = {
  by: 'score',
  ranking: {
    terms: [
      { term: 'fox', weight: 1_234_567 },
      { term: '狐', weight: 2 },
    ],
    averageLength: 17.25,
    isGuess: false,
    asOfMs: 1_900_000_000_000,
    names: ['fox', '狐'],
    times: [{ fromMs: 1_800_000_000_000, toMs: 1_800_086_400_000 }],
  },
  after: { score: 7_654_321, id: newId() },
};

describe('search cursor', () => {
  const cursor = encodeSearchCursor(workspaceId, listing, position);
  const refused = expect.objectContaining({ code: 'invalid-cursor', kind: 'invalid' });

  it('carries the ranking of the first page', () => {
    expect(decodeSearchCursor(workspaceId, listing, cursor)).toEqual(position);
  });

  it.each([position.ranking, { ...position.ranking, isGuess: true }, undefined])(
    'carries what the pages of a hybrid search have shown',
    (ranking) => {
      const fused: SearchPosition = { by: 'seen', ranking, asOfMs: 1_900_000_000_000, seen: 'abcd-_09ABCDEFGH' };
      expect(decodeSearchCursor(workspaceId, listing, encodeSearchCursor(workspaceId, listing, fused))).toEqual(fused);
    },
  );

  it('holds for the same tags in another order', () => {
    expect(decodeSearchCursor(workspaceId, { ...listing, filters: { tags: ['b', 'a'] } }, cursor)).toEqual(position);
  });

  it.each([
    ['project', { ...listing, project: 'two' }],
    ['query', { ...listing, query: 'fox hill' }],
    ['mode', { ...listing, mode: 'keyword' as const }],
    ['wish for weak hits', { ...listing, weak: false }],
    ['priority', { ...listing, filters: { ...listing.filters, priority: 'important' as const } }],
    ['tags', { ...listing, filters: { tags: ['a'] } }],
    ['session', { ...listing, filters: { ...listing.filters, sessionId: newId<SessionId>() } }],
    ['time', { ...listing, filters: { ...listing.filters, since: new Date(0) } }],
    ['lowest score', { ...listing, filters: { ...listing.filters, minScore: 0 } }],
  ])('T21 is refused for another %s', (_, other) => {
    expect(() => decodeSearchCursor(workspaceId, other, cursor)).toThrow(refused);
  });

  it('T21 is refused in another workspace', () => {
    expect(() => decodeSearchCursor(newId(), listing, cursor)).toThrow(refused);
  });

  it('is refused where any character was changed, added or lost', () => {
    for (let index = 0; index < cursor.length; index++) {
      const other = cursor[index] === 'A' ? 'Q' : 'A';
      expect(() =>
        decodeSearchCursor(workspaceId, listing, cursor.slice(0, index) + other + cursor.slice(index + 1)),
      ).toThrow(refused);
    }
    for (const broken of ['', 'x', cursor.slice(1), cursor.slice(0, -4), `${cursor}AAAA`]) {
      expect(() => decodeSearchCursor(workspaceId, listing, broken)).toThrow(refused);
    }
  });
});
