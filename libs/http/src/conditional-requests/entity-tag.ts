import { createHash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { DomainError, type ErrorIssue } from '#kernel';

type Part = string | null | undefined;

/**
 * Strong entity tag (RFC 9110, section 8.8.3) in two parts. Two representations have the same one only if both are.
 * @param state what identifies the state that changes are made to: it never comes again once it was left
 * @param shown what else the representation shows: it changes by itself, and no change of a client is lost by that
 */
export function entityTag(state: readonly Part[], shown: readonly Part[] = []): string {
  return `"${digest(state)}${digest(shown)}"`;
}

function digest(parts: readonly Part[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}

/** What a request says of the state that its change is for (RFC 9110, section 13.1). */
export interface Preconditions {
  /** `If-Match`: it is based on one of these states. */
  readonly ifMatch?: string | undefined;
  /** `If-None-Match`: it is for none of these states. */
  readonly ifNoneMatch?: string | undefined;
}

/**
 * Refuses a change that is not for the current state (RFC 9110, sections 13.1.1, 13.1.2 and 13.2.2): `If-Match` compares
 * strongly and comes first, `If-None-Match` weakly. Without either every change is allowed. Only the states of tags by
 * `entityTag` are compared: what is shown beside a state is nobody's change.
 * @param version of the current state, where it has one: a refusal names it
 * @throws DomainError `precondition-failed`
 */
export function requireMatch({ ifMatch, ifNoneMatch }: Preconditions = {}, current: string, version?: number): void {
  const state = stateOf(current);
  requireListed(ifMatch, (tag) => stateOf(tag) === state, version);
  if (ifNoneMatch === undefined) return;
  if (ifNoneMatch.trim() === '*' || entityTagsOf(ifNoneMatch).some((tag) => stateOf(opaqueOf(tag)) === state))
    throw preconditionFailed(
      'The resource is in a state that the request excludes.',
      { pointer: '/if-none-match', in: 'header', detail: 'names the current state' },
      version,
    );
}

/**
 * Refuses a read whose `If-Match` does not name this very representation (RFC 9110, section 13.1.1).
 * @throws DomainError `precondition-failed`
 */
export function requireSame(ifMatch: string | undefined, etag: string): void {
  requireListed(ifMatch, (tag) => tag === etag);
}

function requireListed(ifMatch: string | undefined, isCurrent: (tag: string) => boolean, version?: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*' || entityTagsOf(ifMatch).some(isCurrent)) return;
  throw preconditionFailed(
    'The resource has changed since it was read. Read it again and repeat the change on the new state.',
    { pointer: '/if-match', in: 'header', detail: 'names another state than the current one' },
    version,
  );
}

/** Whether `If-None-Match` names this state, by weak comparison (RFC 9110, section 13.1.2). */
export function isNamed(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return entityTagsOf(ifNoneMatch).some((tag) => opaqueOf(tag) === opaqueOf(etag));
}

const STATE_TAG = /^"([\w-]{22})[\w-]{22}"$/;

/** Whether a tag is one by `entityTag`: it names a state that changes are made to, which `If-Match` may require. */
export function namesState(etag: string): boolean {
  return STATE_TAG.test(etag);
}

/** Commas may stand inside a tag, so the list is not simply split. */
function entityTagsOf(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

/** Of a strong tag by `entityTag` its first part; any other one is its own state. */
function stateOf(tag: string): string {
  return STATE_TAG.exec(tag)?.[1] ?? tag;
}

function opaqueOf(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

function preconditionFailed(detail: string, issue: ErrorIssue, version: number | undefined): DomainError {
  return new DomainError({
    code: 'precondition-failed',
    kind: 'precondition-failed',
    detail: version === undefined ? detail : `${detail} Its version is now ${version}.`,
    issues: [issue],
    ...(version === undefined ? {} : { currentVersion: version }),
  });
}

/** Metadata key of routes that take preconditions. */
export const CONDITIONAL = 'keepsake:conditional';

const headers = [
  ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'Entity tags of the states that the change is based on; 412 where the current one is none of them.',
    schema: { type: 'string' },
  }),
  ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'Entity tags of states that the change is not for, or `*`; 412 where the current one is among them.',
    schema: { type: 'string' },
  }),
];

/** The `Preconditions` of a request that changes a resource with an entity tag; the service holds them against its state. */
export const IfPreconditions = createParamDecorator<undefined, Preconditions>(
  (_, context: ExecutionContext) => {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return { ifMatch: request.headers['if-match'], ifNoneMatch: request.headers['if-none-match'] };
  },
  [
    (target, method) => {
      if (method === undefined) return;
      const descriptor = Object.getOwnPropertyDescriptor(target, method);
      if (descriptor === undefined) return;
      for (const header of headers) header(target, method, descriptor);
      Reflect.defineMetadata(CONDITIONAL, true, descriptor.value as object);
    },
  ],
);
