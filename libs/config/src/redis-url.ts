/** One server, several nodes of a Cluster, or the Sentinels of a named set; no database in a Cluster. */
export function isRedisUrl(text: string): boolean {
  const [, scheme, credentials, hosts, path = ''] =
    /^(rediss?(?:\+sentinel)?):\/\/(?:([^@/?#\s]*)@)?([^@/?#\s]+)(?:\/([^?#\s]*))?(?:\?sentinelPassword=[^&#\s]+)?$/.exec(
      text,
    ) ?? [];
  if (scheme === undefined || hosts === undefined) return false;
  if (credentials !== undefined && !isCredentials(credentials)) return false;
  const addresses = hosts.split(',');
  if (!addresses.every(isAddress)) return false;
  if (scheme.endsWith('+sentinel')) return /^[^/]+(\/\d{1,4})?$/.test(path);
  return addresses.length > 1 ? path === '' || path === '0' : /^\d{0,4}$/.test(path);
}

function isCredentials(text: string): boolean {
  return text === '' || (text.includes(':') && !/%(?![0-9A-Fa-f]{2})/.test(text));
}

function isAddress(text: string): boolean {
  const match = /^(?:\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return false;
  const port = Number(match[1] ?? 1);
  return port >= 1 && port <= 65_535;
}
