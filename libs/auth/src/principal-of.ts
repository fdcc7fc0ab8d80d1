const PRINCIPAL = /^(key|jwt):/;

/** The principal that an administrator means by a user: its id as it is told everywhere (`key:<id>`, `jwt:<subject>`), else a subject of tokens. */
export function principalOf(user: string): string {
  return PRINCIPAL.test(user) ? user : `jwt:${user}`;
}
