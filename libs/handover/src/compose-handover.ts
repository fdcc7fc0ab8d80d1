import { cutAtGrapheme } from '#kernel';
import { type EntryKind, entryKinds, type Session, type SessionEntry } from '#session';
import type { HandoverContent, HandoverItem, HandoverTodo, UsedContext } from './handover.js';

/** Most items of a list, and most UTF-16 units of an item: a handover is read whole by whoever wakes up with it. */
export const MAX_ITEMS = 25;
export const MAX_ITEM_LENGTH = 1_000;
const MAX_NEXT_STEPS = 10;
const TODOS_AS_NEXT_STEPS = 5;
const QUESTIONS_AS_NEXT_STEPS = 3;

/** How much there is of a kind, and of it still open. */
interface WorkCount {
  readonly kind: EntryKind;
  readonly total: number;
  readonly open: number;
}

/** What a handover is made of. */
interface HandoverSources {
  /** Absent: one made by hand for no session. */
  readonly session?: Session;
  /** Unresolved entries in the order they are shown, at most `MAX_ITEMS` of a kind, and how many there are in all. */
  readonly entries: readonly SessionEntry[];
  readonly counts: readonly WorkCount[];
  readonly contexts: { readonly items: readonly UsedContext[]; readonly total: number };
  readonly byHand?: NotesByHand;
  readonly now: Date;
}

/** What a caller writes into a handover; it stands before what is taken from the session. */
export interface NotesByHand {
  readonly summary?: string;
  readonly workDone: readonly string[];
  readonly decisions: readonly string[];
  readonly questions: readonly string[];
  readonly nextSteps: readonly string[];
}

/** With where they stand in a request. */
export function textsOfNotes({
  summary,
  ...lists
}: NotesByHand): { readonly pointer: string; readonly text: string }[] {
  return [
    ...(summary === undefined ? [] : [{ pointer: '/summary', text: summary }]),
    ...Object.entries(lists).flatMap(([name, texts]) =>
      texts.map((text, index) => ({ pointer: `/${name}/${index}`, text })),
    ),
  ];
}

export const NO_NOTES: NotesByHand = { workDone: [], decisions: [], questions: [], nextSteps: [] };

/** Deterministic: the same sources give the same content. */
export function composeHandover(sources: HandoverSources): HandoverContent {
  const { session, byHand = NO_NOTES, contexts } = sources;
  const left = new LeftWork(sources);
  const workDone = left.section('progress', byHand.workDone);
  const decisions = left.section('decision', byHand.decisions);
  const questions = left.section('question', byHand.questions);
  const errors = left.section('error', []);
  const insights = left.section('insight', []);
  const openTodos = left.todos();
  return {
    summary: byHand.summary ?? session?.summary ?? null,
    workDone: workDone.items,
    decisions: decisions.items,
    openTodos: openTodos.items,
    questions: questions.items,
    errors: errors.items,
    insights: insights.items,
    nextSteps: [
      ...byHand.nextSteps,
      ...openTodos.items.slice(0, TODOS_AS_NEXT_STEPS).map((todo) => todo.text),
      ...questions.items.slice(0, QUESTIONS_AS_NEXT_STEPS).map((question) => `Find out: ${question.text}`),
    ].slice(0, MAX_NEXT_STEPS),
    contextsUsed: contexts.items,
    statistics: {
      durationMs: session === undefined ? 0 : Math.max(0, session.lastActiveAt.getTime() - session.createdAt.getTime()),
      entries: Object.fromEntries(entryKinds.map((kind) => [kind, left.count(kind).total])) as Record<
        EntryKind,
        number
      >,
      contexts: contexts.total,
    },
    omitted: {
      workDone: workDone.omitted,
      decisions: decisions.omitted,
      openTodos: openTodos.omitted,
      questions: questions.omitted,
      errors: errors.omitted,
      insights: insights.omitted,
      contextsUsed: contexts.total - contexts.items.length,
    },
  };
}

/** Whether there is nothing to say but that the session was there. */
export function isEmptyHandover(content: HandoverContent): boolean {
  const entries = Object.values(content.statistics.entries).reduce((sum, count) => sum + count, 0);
  return content.summary === null && entries === 0 && content.statistics.contexts === 0;
}

interface Section<Item> {
  readonly items: readonly Item[];
  readonly omitted: number;
}

class LeftWork {
  private readonly createdAt: string;

  constructor(private readonly sources: HandoverSources) {
    this.createdAt = sources.now.toISOString();
  }

  count(kind: EntryKind): WorkCount {
    return this.sources.counts.find((count) => count.kind === kind) ?? { kind, total: 0, open: 0 };
  }

  section(kind: EntryKind, notes: readonly string[]): Section<HandoverItem> {
    const written = notes.map((text) => ({ entryId: null, ...cut(text), createdAt: this.createdAt }));
    const taken = this.entriesOf(kind).map(toItem);
    const { total, open } = this.count(kind);
    const shown = kind === 'error' || kind === 'question' ? open : total;
    // The newest entries matter most, so the oldest make room for what was written by hand.
    const items = [...written, ...taken.slice(Math.max(0, written.length + taken.length - MAX_ITEMS))];
    return { items, omitted: written.length + shown - items.length };
  }

  todos(): Section<HandoverTodo> {
    const items = this.entriesOf('todo').map(toTodo);
    return { items, omitted: this.count('todo').open - items.length };
  }

  private entriesOf(kind: EntryKind): readonly SessionEntry[] {
    return this.sources.entries.filter((entry) => entry.kind === kind);
  }
}

function toItem(entry: SessionEntry): HandoverItem {
  return { entryId: entry.id, ...cut(entry.text), createdAt: entry.createdAt.toISOString() };
}

function toTodo(entry: SessionEntry): HandoverTodo {
  return { ...toItem(entry), priority: entry.priority ?? 'normal' };
}

function cut(text: string): Pick<HandoverItem, 'text' | 'truncated'> {
  const short = cutAtGrapheme(text, MAX_ITEM_LENGTH);
  return { text: short, truncated: short.length < text.length };
}
