import { type Keepsake, startKeepsake } from './keepsake.js';

/** Where the product is tried, as `describe.each` takes it: the name, and whether its database is outside of it. */
export const DATABASES: readonly (readonly [name: string, isOutside: boolean])[] = [
  ['PostgreSQL', true],
  ['the embedded database', false],
];

/** One server and its database. */
export interface ServerFixture {
  readonly server: Keepsake;
  remove(): Promise<void>;
}

export async function startFixtureOn(
  isOutside: boolean,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerFixture> {
  const server = await startKeepsake({ onPostgres: isOutside, env: { LOG_LEVEL: 'error', ...env } });
  return { server, remove: () => server.remove() };
}
