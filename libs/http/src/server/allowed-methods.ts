import { Injectable } from '@nestjs/common';

interface Route {
  readonly path: RegExp;
  readonly methods: Set<string>;
}

/** Which methods each path answers, so that a request with another one is shown them (RFC 9110, section 15.5.6). */
@Injectable()
export class AllowedMethods {
  private readonly routes = new Map<string, Route>();

  /** @param pattern as routes are written: `/v1/contexts/:id` */
  learn(pattern: string, methods: readonly string[]): void {
    // A route for everything (preflights, files) says nothing about a path.
    if (pattern.includes('*')) return;
    const path = new RegExp(`^${pattern.split('/').map(toSegment).join('/')}/?$`);
    const route = this.routes.get(pattern) ?? { path, methods: new Set() };
    for (const method of methods) route.methods.add(method);
    this.routes.set(pattern, route);
  }

  /** Of a request's URL, in alphabetical order; none where no route has that path. */
  methodsOf(url: string): string[] {
    const [path = ''] = url.split('?', 1);
    const methods = [...this.routes.values()].flatMap((route) => (route.path.test(path) ? [...route.methods] : []));
    return [...new Set(methods)].sort();
  }
}

function toSegment(segment: string): string {
  return segment.startsWith(':') ? '[^/]+' : segment.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
}
