import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from './load-config.js';

describe('a secret in a file', () => {
  let folder: string;
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const problemsOf = (environment: NodeJS.ProcessEnv) => {
    try {
      loadConfig(environment);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keepsake-secrets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is read without the line end that editors leave', () => {
    const config = loadConfig({
      DATABASE_URL_FILE: file('database-url', 'postgres://u:p@db/keepsake\n'),
      REDIS_URL_FILE: file('redis-url', ' redis://:p@cache \n'),
      OPENAI_API_KEY_FILE: file('key', 'sk-1\n'),
    });
    expect(config).toMatchObject({
      database: { url: 'postgres://u:p@db/keepsake' },
      cache: { redisUrl: 'redis://:p@cache', singleProcess: false },
      embedding: { openai: { apiKey: 'sk-1' } },
    });
  });

  it('is judged as the variable is, and not repeated', () => {
    const problems = problemsOf({ REDIS_URL_FILE: file('redis-url', 'redis://:hunter2@cache/x') });
    expect(problems).toEqual([expect.stringMatching(/^REDIS_URL: write redis:\/\//)]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('counts where a provider needs it', () => {
    expect(problemsOf({ EMBEDDING_PROVIDER: 'voyage', VOYAGE_API_KEY_FILE: file('key', 'pa-1') })).toEqual([]);
  });

  it('that is not there, is empty, or is given twice, is reported with what to write', () => {
    expect(
      problemsOf({
        PORT: 'many',
        DATABASE_URL_FILE: join(folder, 'nowhere'),
        REDIS_URL_FILE: file('empty', '\n'),
        JWT_SECRET_FILE: file('secret', 'x'.repeat(32)),
        JWT_SECRET: 'y'.repeat(32),
      }),
    ).toEqual([
      expect.stringMatching(/^DATABASE_URL_FILE: write the path of a file .*ENOENT/),
      expect.stringMatching(/^REDIS_URL_FILE: write the secret into /),
      'JWT_SECRET_FILE: write either this or JWT_SECRET, not both',
      expect.stringMatching(/^PORT \(now "many"\): write /),
    ]);
  });
});
