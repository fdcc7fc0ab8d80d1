/** The credential of an `Authorization` header (RFC 6750); undefined where there is none. */
export function credentialOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}
