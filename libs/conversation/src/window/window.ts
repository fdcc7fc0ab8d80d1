import type { Conversation } from '../conversation.js';
import type { Message } from '../message.js';
import { answersIn } from '../tool-links.js';

/** Messages of a window at most, and so of what is kept for all windows of a conversation. */
export const MAX_WINDOW_MESSAGES = 200;
export const DEFAULT_WINDOW_MESSAGES = 50;

export interface CountedMessage extends Message {
  /** What it takes of a model's window. */
  readonly tokens: number;
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
}

/** A window, and whether messages before those that are kept would fit as well. */
interface Slice extends Window {
  readonly isShort: boolean;
}

/**
 * The newest messages within both limits. A result of a tool is never without its call, and a call never without those
 * of its results that there are: where not all of them fit, none of them is in it. A result whose call is gone is left
 * out. One pass over what is kept.
 * @param isUnhelpful messages that are left out, as if they were not there
 */
export function sliceWindow(
  { messages: all, isWhole, earlierCalls }: Pick<StoredWindow, 'messages' | 'isWhole' | 'earlierCalls'>,
  { maxMessages, maxTokens = Number.POSITIVE_INFINITY }: WindowLimits,
  isUnhelpful: (message: Message) => boolean = () => false,
): Slice {
  const helpful = all.filter((message) => !isUnhelpful(message));
  const { messages, reachesTo } = linkCalls(helpful, isWhole, new Set(earlierCalls));
  let first = messages.length;
  let tokens = 0;
  let held = 0;
  let earliest = Number.POSITIVE_INFINITY;
  let next = messages.length - 1;
  for (; next >= 0 && messages.length - next <= maxMessages; next--) {
    held += messages[next]?.tokens ?? 0;
    if (held > maxTokens) break;
    earliest = Math.min(earliest, reachesTo[next] ?? next);
    if (earliest < next) continue;
    first = next;
    tokens = held;
  }
  return {
    messages: messages.slice(first),
    tokens,
    truncated: first > 0 || !isWhole,
    filtered: all.length - helpful.length,
    isShort: next < 0 && !isWhole,
  };
}

/** Before everything that is kept. */
const BEFORE = -1;

/** Finds the call of each result. @returns what can be in a window, and the place of the earliest call that each answers */
function linkCalls(
  all: readonly CountedMessage[],
  isWhole: boolean,
  earlierCalls: ReadonlySet<string>,
): { readonly messages: readonly CountedMessage[]; readonly reachesTo: readonly number[] } {
  const messages: CountedMessage[] = [];
  const reachesTo: number[] = [];
  const placeOf = new Map<string, number>();
  let lastAnswer = isWhole ? undefined : BEFORE;
  for (const message of all) {
    const place = messages.length;
    // What a model's own tools answer stands in the message of the call.
    const own = new Set(message.calls);
    const callPlaces = (answersIn(message) ?? []).map((id) => {
      if (own.has(id) || (id === '' && own.size > 0)) return place;
      return placeOf.get(id) ?? (id === '' ? lastAnswer : earlierCalls.has(id) ? BEFORE : undefined);
    });
    if (callPlaces.includes(undefined)) continue;
    messages.push(message);
    reachesTo.push(Math.min(place, ...callPlaces.filter((at) => at !== undefined)));
    for (const id of message.calls) placeOf.set(id, place);
    if (message.role === 'assistant') {
      lastAnswer = place;
      placeOf.delete('');
      if (message.calls.includes('')) placeOf.set('', place);
    }
  }
  return { messages, reachesTo };
}
