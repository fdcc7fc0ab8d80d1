import { type ContextId, newId } from '#kernel';
import type { EntryKind, SessionEntry } from '#session';
import { entry, session } from '#session/testing';
import { composeHandover, isEmptyHandover, MAX_ITEM_LENGTH, MAX_ITEMS, NO_NOTES } from './compose-handover.js';

const now = new Date(Date.UTC(2030, 0, 2));
const of = session({ summary: 'Did things.', lastActiveAt: new Date(Date.UTC(2030, 0, 1, 1)) });
const nothing = { entries: [], counts: [], contexts: { items: [], total: 0 }, now };

function counted(kind: EntryKind, total: number, open = total) {
  return { kind, total, open };
}

function entries(kind: EntryKind, count: number): SessionEntry[] {
  return Array.from({ length: count }, (_, index) => entry(of, { kind, text: `${kind} ${index}` }));
}

describe('composeHandover', () => {
  it('sorts what a session did under its headings and says what to begin with', () => {
    const [progress, decision, question, error, insight] = (
      ['progress', 'decision', 'question', 'error', 'insight'] as const
    ).map((kind) => entry(of, { kind, text: kind }));
    const urgent = entry(of, { kind: 'todo', text: 'urgent', priority: 'critical' });
    const low = entry(of, { kind: 'todo', text: 'low', priority: 'low' });
    const context = { id: newId<ContextId>(), label: 'rules', version: 3 };
    const content = composeHandover({
      session: of,
      entries: [decision, error, insight, progress, question, urgent, low].filter((one) => one !== undefined),
      counts: [
        counted('decision', 1, 0),
        counted('error', 2, 1),
        counted('insight', 1, 0),
        counted('progress', 1, 0),
        counted('question', 1),
        counted('todo', 3, 2),
      ],
      contexts: { items: [context], total: 1 },
      now,
    });
    const item = (one: SessionEntry | undefined) => ({
      entryId: one?.id,
      text: one?.text,
      truncated: false,
      createdAt: one?.createdAt.toISOString(),
    });
    expect(content).toEqual({
      summary: 'Did things.',
      workDone: [item(progress)],
      decisions: [item(decision)],
      openTodos: [
        { ...item(urgent), priority: 'critical' },
        { ...item(low), priority: 'low' },
      ],
      questions: [item(question)],
      errors: [item(error)],
      insights: [item(insight)],
      nextSteps: ['urgent', 'low', 'Find out: question'],
      contextsUsed: [context],
      statistics: {
        durationMs: 3_600_000,
        entries: { progress: 1, decision: 1, error: 2, todo: 3, question: 1, insight: 1 },
        contexts: 1,
      },
      omitted: { workDone: 0, decisions: 0, openTodos: 0, questions: 0, errors: 0, insights: 0, contextsUsed: 0 },
    });
    expect(JSON.parse(JSON.stringify(content))).toEqual(content);
  });

  it('says how much of each list it leaves out', () => {
    const content = composeHandover({
      session: of,
      entries: [...entries('progress', MAX_ITEMS), ...entries('todo', MAX_ITEMS), ...entries('error', 1)],
      counts: [counted('progress', 40, 0), counted('todo', 100, 60), counted('error', 9, 1)],
      contexts: { items: [], total: 7 },
      now,
    });
    expect(content.workDone).toHaveLength(MAX_ITEMS);
    expect(content.omitted).toEqual({
      workDone: 40 - MAX_ITEMS,
      decisions: 0,
      openTodos: 60 - MAX_ITEMS,
      questions: 0,
      errors: 0,
      insights: 0,
      contextsUsed: 7,
    });
  });

  it('cuts a long text at a grapheme and says so', () => {
    const text = '👩‍👩‍👧'.repeat(MAX_ITEM_LENGTH);
    const content = composeHandover({
      ...nothing,
      session: of,
      entries: [entry(of, { text })],
      counts: [counted('progress', 1)],
    });
    const [item] = content.workDone;
    expect(item).toMatchObject({ truncated: true });
    expect(item?.text.length).toBeLessThanOrEqual(MAX_ITEM_LENGTH);
    expect(item?.text.replaceAll('👩‍👩‍👧', '')).toBe('');
  });

  it('sets what was written by hand before what was taken, which makes room for it', () => {
    const content = composeHandover({
      ...nothing,
      session: of,
      entries: entries('progress', MAX_ITEMS),
      counts: [counted('progress', MAX_ITEMS)],
      byHand: { ...NO_NOTES, summary: 'By hand.', workDone: ['one', 'two'], nextSteps: ['first'] },
    });
    expect(content.summary).toBe('By hand.');
    expect(content.nextSteps).toEqual(['first']);
    expect(content.workDone).toHaveLength(MAX_ITEMS);
    expect(content.workDone.slice(0, 3)).toEqual([
      { entryId: null, text: 'one', truncated: false, createdAt: now.toISOString() },
      { entryId: null, text: 'two', truncated: false, createdAt: now.toISOString() },
      expect.objectContaining({ text: 'progress 2' }),
    ]);
    expect(content.omitted.workDone).toBe(2);
  });

  it('stays small whatever a session did', () => {
    const kinds = ['progress', 'decision', 'error', 'todo', 'question', 'insight'] as const;
    const content = composeHandover({
      session: session({ summary: 'x'.repeat(10_000) }),
      entries: kinds.flatMap((kind) =>
        Array.from({ length: MAX_ITEMS }, () => entry(of, { kind, text: 'y'.repeat(10_000) })),
      ),
      counts: kinds.map((kind) => counted(kind, 1_000_000)),
      contexts: { items: [], total: 0 },
      now,
    });
    expect(JSON.stringify(content).length).toBeLessThan(256 * 1024);
  });

  it('is empty only where there is nothing to say', () => {
    const silent = session();
    expect(isEmptyHandover(composeHandover({ ...nothing, session: silent }))).toBe(true);
    expect(isEmptyHandover(composeHandover({ ...nothing, session: of }))).toBe(false);
    expect(isEmptyHandover(composeHandover({ ...nothing, session: silent, counts: [counted('todo', 1, 0)] }))).toBe(
      false,
    );
    expect(isEmptyHandover(composeHandover({ ...nothing, session: silent, contexts: { items: [], total: 1 } }))).toBe(
      false,
    );
  });
});
