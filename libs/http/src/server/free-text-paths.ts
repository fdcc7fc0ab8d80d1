interface FreeTextRoute {
  readonly method: string;
  /** Groups: what stands before the free text, the text, what stands behind it. */
  readonly path: RegExp;
  readonly suffix: string;
}

interface OtherRoute {
  readonly method: string;
  readonly path: RegExp;
}

/**
 * Paths with a part that is free text, which may hold slashes: `/v1/projects/:project/contexts/:label`. Clients send them
 * as %2F, and some proxies decode that before they pass it on. What then matches no route as it stands is read as the
 * route of that part, its slashes encoded again.
 */
export class FreeTextPaths {
  private readonly free: FreeTextRoute[] = [];
  private readonly others: OtherRoute[] = [];

  /** @param freeText name of the parameter, where the route has one that is free text */
  learn(methods: readonly string[], pattern: string, freeText: string | undefined): void {
    if (pattern.includes('*')) return;
    const [before, suffix = ''] = freeText === undefined ? [pattern] : pattern.split(`:${freeText}`);
    for (const method of methods) {
      if (freeText === undefined) this.others.push({ method, path: new RegExp(`^${toSource(pattern)}/?$`) });
      else
        this.free.push({
          method,
          suffix,
          path: new RegExp(`^(${toSource(before ?? '')})(.+?)(${toSource(suffix)}/?)$`),
        });
    }
    // Of several that match, the one that says most.
    this.free.sort((a, b) => b.suffix.length - a.suffix.length);
  }

  /** The URL with the slashes of a free text encoded, or as it is. */
  rewrite(method: string, url: string): string {
    const [path = ''] = url.split('?', 1);
    const matching = this.free.flatMap((route) => {
      const [whole, before, text = '', behind] = route.path.exec(path) ?? [];
      return whole === undefined ? [] : [{ method: route.method, before, text, behind }];
    });
    const found = matching.find((each) => each.method === method) ?? matching[0];
    if (found === undefined || !found.text.includes('/') || this.isRoute(method, path)) return url;
    return `${found.before}${found.text.replaceAll('/', '%2F')}${found.behind}${url.slice(path.length)}`;
  }

  private isRoute(method: string, path: string): boolean {
    return this.others.some((route) => route.method === method && route.path.test(path));
  }
}

function toSource(pattern: string): string {
  const segments = pattern.split('/').map((segment) => (segment.startsWith(':') ? '[^/]+' : escapeSource(segment)));
  return segments.join('/');
}

function escapeSource(text: string): string {
  return text.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
}
