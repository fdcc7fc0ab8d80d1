import { Injectable } from '@nestjs/common';
import { ConversationConfig } from '#config';
import { type Message, textOf } from '../message.js';

/** Longer answers say more than that they can't help. */
const LONGEST = 2_000;

/**
 * Answers that help nobody, by patterns of the configuration: a phrase that the text holds, in whatever case and with
 * whatever apostrophes and quotation marks, where `*` stands for anything between two phrases. Linear in the length of the text, for each pattern.
 */
@Injectable()
export class UnhelpfulAnswers {
  private readonly patterns: readonly (readonly string[])[];

  constructor({ unhelpfulPatterns }: ConversationConfig) {
    this.patterns = unhelpfulPatterns.map((pattern) =>
      comparable(pattern)
        .split('*')
        .filter((phrase) => phrase !== ''),
    );
  }

  /** Whether a message is such an answer: one of the assistant, short, without tool calls. */
  readonly test = ({ role, content, calls }: Message): boolean => {
    if (role !== 'assistant' || calls.length > 0 || this.patterns.length === 0) return false;
    const text = comparable(textOf(content));
    return text.length <= LONGEST && this.patterns.some((phrases) => holdsInOrder(text, phrases));
  };
}

/** Models write apostrophes and quotation marks of print, people those of keyboards. */
function comparable(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[\u2018\u2019\u02bc]/g, "'")
    .replaceAll(/[\u201c\u201d]/g, '"');
}

function holdsInOrder(text: string, phrases: readonly string[]): boolean {
  let from = 0;
  for (const phrase of phrases) {
    const at = text.indexOf(phrase, from);
    if (at === -1) return false;
    from = at + phrase.length;
  }
  return phrases.length > 0;
}
