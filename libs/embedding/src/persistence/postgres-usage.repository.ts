import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { WorkspaceId } from '#kernel';
import {
  type ModelUsage,
  type Usage,
  type UsageLine,
  usageFields,
  type UsagePeriod,
  UsageRepository,
} from '../ledger/usage.js';

interface SumRow {
  readonly provider: string;
  readonly model: string;
  readonly calls: string;
  readonly cachedCalls: string;
  readonly texts: string;
  readonly cachedTexts: string;
  readonly tokens: string;
  readonly savedTokens: string;
  readonly costUsd: string;
  readonly savedUsd: string;
}

@Injectable()
export class PostgresUsageRepository extends UsageRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async add(lines: readonly UsageLine[]): Promise<void> {
    if (lines.length === 0) return;
    const column = <Field extends keyof UsageLine>(field: Field) => lines.map((line) => line[field]);
    await this.database.query(
      `INSERT INTO embedding_usage AS u
         (workspace_id, provider, model, day, calls, cached_calls, texts, cached_texts, tokens, saved_tokens, cost_usd, saved_usd)
       SELECT n.*
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
                   $9::bigint[], $10::bigint[], $11::numeric[], $12::numeric[])
         AS n (workspace_id, provider, model, day, calls, cached_calls, texts, cached_texts, tokens, saved_tokens, cost_usd, saved_usd)
       WHERE EXISTS (SELECT FROM workspaces w WHERE w.id = n.workspace_id)
       ON CONFLICT (workspace_id, provider, model, day) DO UPDATE SET
         calls = u.calls + excluded.calls,
         cached_calls = u.cached_calls + excluded.cached_calls,
         texts = u.texts + excluded.texts,
         cached_texts = u.cached_texts + excluded.cached_texts,
         tokens = u.tokens + excluded.tokens,
         saved_tokens = u.saved_tokens + excluded.saved_tokens,
         cost_usd = u.cost_usd + excluded.cost_usd,
         saved_usd = u.saved_usd + excluded.saved_usd`,
      [
        column('workspaceId'),
        column('provider'),
        column('model'),
        column('day'),
        column('calls'),
        column('cachedCalls'),
        column('texts'),
        column('cachedTexts'),
        column('tokens'),
        column('savedTokens'),
        column('costUsd'),
        column('savedUsd'),
      ],
    );
  }

  async sum(workspaceId: WorkspaceId, { from, to }: UsagePeriod): Promise<ModelUsage[]> {
    const rows = await this.database.query<SumRow>(
      `SELECT provider, model, sum(calls) AS calls, sum(cached_calls) AS "cachedCalls", sum(texts) AS texts,
              sum(cached_texts) AS "cachedTexts", sum(tokens) AS tokens, sum(saved_tokens) AS "savedTokens",
              sum(cost_usd) AS "costUsd", sum(saved_usd) AS "savedUsd"
       FROM embedding_usage
       WHERE workspace_id = $1 AND ($2::date IS NULL OR day >= $2) AND ($3::date IS NULL OR day <= $3)
       GROUP BY provider, model
       ORDER BY provider COLLATE "C", model COLLATE "C"`,
      [workspaceId, from ?? null, to ?? null],
    );
    return rows.map((row) => ({
      provider: row.provider,
      model: row.model,
      ...(Object.fromEntries(usageFields.map((field) => [field, Number(row[field])])) as unknown as Usage),
    }));
  }
}
