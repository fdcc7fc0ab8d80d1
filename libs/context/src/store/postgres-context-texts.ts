import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { ContextId, WorkspaceId } from '#kernel';

/** Of up to 1 MiB each. */
const TEXTS_AT_ONCE = 16;

/** Texts of a label, a few at a time: together they may be more than memory should hold. */
@Injectable()
export class PostgresContextTexts {
  constructor(private readonly database: Database) {}

  /** Texts of versions of a locked line, or of every one, page by page. */
  async *textsOf(
    workspaceId: WorkspaceId,
    labelId: string,
    ids?: readonly ContextId[],
  ): AsyncGenerator<readonly string[]> {
    let after = 0;
    for (;;) {
      const rows = await this.database.query<{ version: number; content: string }>(
        `SELECT version, content FROM contexts
         WHERE workspace_id = $1 AND label_id = $2 AND ($3::uuid[] IS NULL OR id = ANY ($3)) AND version > $4
         ORDER BY version LIMIT ${TEXTS_AT_ONCE}`,
        [workspaceId, labelId, ids ?? null, after],
      );
      if (rows.length > 0) yield rows.map(({ content }) => content);
      if (rows.length < TEXTS_AT_ONCE) return;
      after = rows.at(-1)?.version ?? after;
    }
  }
}
