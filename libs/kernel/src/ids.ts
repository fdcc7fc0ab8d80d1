import { v7 as uuidV7, validate } from 'uuid';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** All ids are UUIDv7 (RFC 9562): they sort by the time they were made, which lists and cursors rely on. */
export type WorkspaceId = Branded<'workspace'>;
export type ProjectId = Branded<'project'>;
export type SessionId = Branded<'session'>;
export type EntryId = Branded<'entry'>;
export type ContextId = Branded<'context'>;
export type HandoverId = Branded<'handover'>;
export type ApiKeyId = Branded<'api-key'>;

/** A new id; later calls in one process give greater ids. */
export function newId<Id extends string>(): Id {
  return uuidV7() as Id;
}

/** A new id whose time part is `timeMs`, for rows whose age is given from outside. */
export function newIdAt<Id extends string>(timeMs: number): Id {
  return uuidV7({ msecs: timeMs }) as Id;
}

export function isUuid(text: string): boolean {
  return validate(text);
}
