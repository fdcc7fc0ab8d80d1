import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { InstallationSecrets } from '#database';
import { DomainError } from '#kernel';
import { openBody, sealBody } from '../idempotency/sealed-body.js';

let key: Buffer = randomBytes(32);

/** The secret that cursors are authenticated with: this process's own until `CursorKey` has read the installation's. */
function cursorKey(): Buffer {
  return key;
}

/** Reads the secret before the first request, so that a cursor of one process is one of every other. */
@Injectable()
export class CursorKey implements OnModuleInit {
  constructor(private readonly secrets: InstallationSecrets) {}

  async onModuleInit(): Promise<void> {
    key = await this.secrets.get('cursors');
  }
}

/**
 * Cursors of lists. A cursor holds a position (the sort keys of the last item handed out), authenticated
 * (HMAC-SHA256 under a secret of the installation) together with the list it belongs to: workspace, route and filters.
 * One that was cut, altered, made up or made by another list is refused, whatever it holds.
 *
 * Positions are keyset positions, so paging returns every row that was there all along exactly once, however many
 * rows come and go in between.
 */
export function encodeCursor(list: readonly unknown[], position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([codeOf(list, position), ...position])).toString('base64url');
}

const cursorSchema = z.tuple([z.string()], z.union([z.string(), z.number()]));

/** @throws DomainError `invalid-cursor` unless `cursor` was made by `encodeCursor` for the same list and fits `position`. */
export function decodeCursor<Position>(
  list: readonly unknown[],
  cursor: string,
  position: z.ZodType<Position>,
): Position {
  const parsed = cursorSchema.safeParse(parse(cursor));
  if (parsed.success) {
    const [code, ...keys] = parsed.data;
    if (isEqual(code, codeOf(list, keys))) {
      const fitting = position.safeParse(keys);
      if (fitting.success) return fitting.data;
    }
  }
  const detail = 'is not a cursor of this list; start again without one';
  throw new DomainError({
    code: 'invalid-cursor',
    kind: 'invalid',
    detail: `The cursor ${detail}.`,
    issues: [{ pointer: '/cursor', in: 'query', detail }],
  });
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** 128 bits in 22 characters. */
function codeOf(list: readonly unknown[], position: readonly (string | number)[]): string {
  return createHmac('sha256', cursorKey())
    .update(JSON.stringify([list, position]))
    .digest('base64url')
    .slice(0, 22);
}

function isEqual(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** A position that clients are not to read: encrypted under the secret of cursors. */
export function hidePosition(position: string): string {
  return sealBody(position, cursorKey().toString('hex'));
}

/** @throws Error for what `hidePosition` did not make. */
export function showPosition(hidden: string): string {
  return openBody(hidden, cursorKey().toString('hex'));
}
