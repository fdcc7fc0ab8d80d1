import type { RedactionDetector, RedactionSettings } from '#settings';
import { keyPatterns } from './detectors/api-keys.js';
import { credentialPatterns } from './detectors/credentials.js';
import { type Detector, type Finding, matchesOf, type SecretPattern } from './detectors/detector.js';
import { findCards, findIbans } from './detectors/numbers.js';
import { emailPatterns, phonePatterns } from './detectors/people.js';
import { findPrivateKeys } from './detectors/private-keys.js';

const DETECTORS: Readonly<Record<RedactionDetector, Detector>> = {
  privateKeys: findPrivateKeys,
  apiKeys: detectorOf([...keyPatterns, ...credentialPatterns]),
  cards: findCards,
  ibans: findIbans,
  emails: detectorOf(emailPatterns),
  phones: detectorOf(phonePatterns),
};

function detectorOf(patterns: readonly SecretPattern[]): Detector {
  return (text) => patterns.flatMap((pattern) => [...matchesOf(text, pattern)]);
}

/** Shorter than any secret. */
const LEAST_LENGTH = 6;

/**
 * The secrets of a text, in the order of their places; none overlaps another. Where several patterns know a place it is of the kind
 * that begins first, else of the narrowest, and reaches as far as any of them. Time linear in the length of the text.
 */
export function findSecrets(text: string, detectors: RedactionSettings['detectors']): readonly Finding[] {
  if (text.length < LEAST_LENGTH) return [];
  const found = (Object.keys(DETECTORS) as RedactionDetector[])
    .filter((name) => detectors[name])
    .flatMap((name) => [...DETECTORS[name](text)]);
  if (found.length < 2) return found;
  const apart: Finding[] = [];
  // The sort is stable: of those that begin at the same place the narrowest stays the first.
  for (const finding of found.sort((one, other) => one.start - other.start)) {
    const last = apart.at(-1);
    if (last === undefined || finding.start >= last.end) apart.push(finding);
    else if (finding.end > last.end) apart[apart.length - 1] = { ...last, end: finding.end };
  }
  return apart;
}

/** The text with `[redacted:<kind>]` in the place of each finding. */
export function maskSecrets(text: string, findings: readonly Finding[]): string {
  let masked = '';
  let from = 0;
  for (const { kind, start, end } of findings) {
    masked += `${text.slice(from, start)}[redacted:${kind}]`;
    from = end;
  }
  return masked + text.slice(from);
}
