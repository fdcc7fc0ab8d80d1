import type { Conversation } from '../conversation.js';
import type { Message } from '../message.js';
import { answersIn, withoutResults } from '../tool-links.js';

/** Messages of a window at most, and so of what is kept for all windows of a conversation. */
export const MAX_WINDOW_MESSAGES = 200;
/** Where neither limit is given. */
export const DEFAULT_WINDOW_MESSAGES = 50;

export interface CountedMessage extends Message {
  /** What it takes of a model's window. */
  readonly tokens: number;
  /** What it takes without the results of tools in it; absent where it has none, or nothing else. */
  readonly tokensWithoutResults?: number;
}

/** The newest messages of a conversation, of which its windows are slices. */
export interface StoredWindow {
  readonly conversation: Conversation;
  /** Oldest first. */
  readonly messages: readonly CountedMessage[];
  /** Whether there are none before them. */
  readonly isWhole: boolean;
  /** Ids of tool calls in messages before, of those that messages here answer. */
  readonly earlierCalls: readonly string[];
}

interface WindowLimits {
  readonly maxMessages: number;
  /** Absent: any number. */
  readonly maxTokens?: number | undefined;
}

export interface Window {
  /** Oldest first. */
  readonly messages: readonly CountedMessage[];
  /** Of all of them. */
  readonly tokens: number;
  /** Whether older messages were left out for a limit. */
  readonly truncated: boolean;
  /** How many were left out because a pattern of unhelpful answers matches them. */
  readonly filtered: number;
  /** How many results of tools were left out because their call is gone, or is too far before. */
  readonly resultsLeftOut: number;
}

/** A window, and whether messages before those that are kept would fit as well. */
interface Slice extends Window {
  readonly isShort: boolean;
}

/**
 * The newest messages within both limits. A result of a tool is never without its call, and a call never without those
 * of its results that there are: where not all of them fit, none of them is in it. A result whose call is gone is left
 * out, and so is one that came late, behind other messages, where its call does not fit; what else its message holds
 * stays.
 * @param isUnhelpful messages that are left out, as if they were not there
 */
export function sliceWindow(
  { messages: all, isWhole, earlierCalls }: Pick<StoredWindow, 'messages' | 'isWhole' | 'earlierCalls'>,
  { maxMessages, maxTokens = Number.POSITIVE_INFINITY }: WindowLimits,
  isUnhelpful: (message: Message) => boolean = () => false,
): Slice {
  const helpful = all.filter((message) => !isUnhelpful(message));
  const linked = linkCalls(helpful, isWhole, new Set(earlierCalls));
  let floor = 0;
  for (;;) {
    const end = longestEnd(linked, { maxMessages, maxTokens }, floor);
    const late = lateResult(linked, end.first);
    if (late === undefined) {
      const messages = linked.slice(end.first).flatMap(({ shown }) => shown ?? []);
      return {
        messages,
        tokens: messages.reduce((sum, { tokens }) => sum + tokens, 0),
        truncated: end.first > 0 || !isWhole,
        filtered: all.length - helpful.length,
        resultsLeftOut: linked.slice(end.next + 1).reduce((sum, { leftOut }) => sum + leftOut, 0),
        isShort: end.next < 0 && !isWhole,
      };
    }
    leaveOut(late.linked, new Set(late.linked.late.filter(({ call }) => call === late.call).map(({ part }) => part)));
    // Its call is not shown either.
    floor = Math.max(floor, late.call + 1);
  }
}

/** Before everything that is kept. */
const BEFORE = -1;

/** A message, as a window may show it. */
interface Linked {
  readonly message: CountedMessage;
  /** What is left of it; undefined where nothing is. */
  shown: CountedMessage | undefined;
  /** The place of the earliest call that it answers at once. */
  readonly reachesTo: number;
  /** Results that came late: which of its results, and the place of the call. */
  late: readonly { readonly part: number; readonly call: number }[];
  /** Of its results, those that are not shown. */
  leftOut: number;
  readonly parts: Set<number>;
}

/** The longest end of what can be shown that is within the limits and splits no call from what answers it at once. */
function longestEnd(
  linked: readonly Linked[],
  { maxMessages, maxTokens }: Required<WindowLimits>,
  floor: number,
): { readonly first: number; readonly next: number } {
  let first = linked.length;
  let held = 0;
  let count = 0;
  let earliest = Number.POSITIVE_INFINITY;
  let next = linked.length - 1;
  for (; next >= floor; next--) {
    const { shown, reachesTo } = linked[next] ?? {};
    if (shown === undefined) continue;
    held += shown.tokens;
    if (++count > maxMessages || held > maxTokens) break;
    earliest = Math.min(earliest, reachesTo ?? next);
    if (earliest >= next) first = next;
  }
  return { first, next };
}

/** The newest late result in a window whose call is not; where nothing is in it, the newest one, for which nothing may fit. */
function lateResult(linked: readonly Linked[], first: number): { linked: Linked; call: number } | undefined {
  const from = first === linked.length ? 0 : first;
  for (let place = linked.length - 1; place >= from; place--) {
    const one = linked[place];
    const found = one?.late.findLast(({ call }) => call < first);
    if (one !== undefined && found !== undefined) return { linked: one, call: found.call };
  }
  return undefined;
}

/** @param parts which of its results */
function leaveOut(one: Linked, parts: ReadonlySet<number>): void {
  for (const part of parts) one.parts.add(part);
  one.leftOut = one.parts.size;
  one.late = one.late.filter(({ part }) => !one.parts.has(part));
  one.shown = withoutParts(one.message, one.parts);
}

function withoutParts(message: CountedMessage, parts: ReadonlySet<number>): CountedMessage | undefined {
  const content = withoutResults(message.content, parts);
  if (content === undefined) return undefined;
  const isAll = parts.size === answersIn(message)?.length;
  // Of some of its results it is not known what they take: never too few.
  return { ...message, content, tokens: isAll ? (message.tokensWithoutResults ?? message.tokens) : message.tokens };
}

/** Finds the call of each result. A result without a call is left out. */
function linkCalls(
  all: readonly CountedMessage[],
  isWhole: boolean,
  earlierCalls: ReadonlySet<string>,
): readonly Linked[] {
  const linked: Linked[] = [];
  const placeOf = new Map<string, number>();
  let lastAnswer = isWhole ? undefined : BEFORE;
  /** Of the newest message that answers no call. */
  let lastOther = Number.NEGATIVE_INFINITY;
  for (const [place, message] of all.entries()) {
    // What a model's own tools answer stands in the message of the call.
    const own = new Set(message.calls);
    const answers = answersIn(message);
    const callPlaces = (answers ?? []).map((id) => {
      if (own.has(id) || (id === '' && own.size > 0)) return place;
      return placeOf.get(id) ?? (id === '' ? lastAnswer : earlierCalls.has(id) ? BEFORE : undefined);
    });
    const isLate = (call: number) => call < lastOther;
    const atOnce = callPlaces.filter((call) => call !== undefined && !isLate(call)) as number[];
    const one: Linked = {
      message,
      shown: message,
      reachesTo: Math.min(place, ...atOnce),
      late: callPlaces.flatMap((call, part) => (call !== undefined && isLate(call) ? [{ part, call }] : [])),
      leftOut: 0,
      parts: new Set(),
    };
    const orphans = callPlaces.flatMap((call, part) => (call === undefined ? [part] : []));
    if (orphans.length > 0) leaveOut(one, new Set(orphans));
    linked.push(one);
    if (one.shown === undefined) continue;
    if (answers === undefined && message.calls.length === 0) lastOther = place;
    for (const id of message.calls) placeOf.set(id, place);
    if (message.role === 'assistant') {
      lastAnswer = place;
      placeOf.delete('');
      if (message.calls.includes('')) placeOf.set('', place);
    }
  }
  return linked;
}
