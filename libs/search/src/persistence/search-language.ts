import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigError, SearchConfig } from '#config';
import { Database } from '#database';

/** Sends one statement and returns its rows. */
type Query = (sql: string, parameters: unknown[]) => Promise<unknown[]>;

/** @returns what is wrong with `SEARCH_LANGUAGE` on this database, and what to write; undefined where nothing is */
export async function findLanguageProblem(query: Query, language: string): Promise<string | undefined> {
  const found = await query('SELECT FROM pg_ts_config WHERE cfgname = $1 AND pg_ts_config_is_visible(oid)', [language]);
  if (found.length > 0) return undefined;
  return `SEARCH_LANGUAGE (now "${language}"): write a text search configuration that the database has, like english or simple`;
}

/** A server whose every store would fail does not start. */
@Injectable()
export class SearchLanguageCheck implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly config: SearchConfig,
  ) {}

  /** @throws ConfigError */
  async onModuleInit(): Promise<void> {
    const problem = await findLanguageProblem(
      (sql, parameters) => this.database.query(sql, parameters),
      this.config.language,
    );
    if (problem !== undefined) throw new ConfigError([problem]);
  }
}
