import { Injectable } from '@nestjs/common';

/**
 * What answers depend on besides the request and what is stored: the settings of this process. Processes that differ in
 * it, and one before and after a restart, do not share answers. Features register theirs when their module starts.
 */
@Injectable()
export class ResponseVariants {
  private readonly variants = new Map<string, () => string>();

  /** @param name unique in the product */
  register(name: string, variant: () => string): void {
    if (this.variants.has(name)) throw new Error(`Answers depend on ${name} twice.`);
    this.variants.set(name, variant);
  }

  /** Name and value pairs, sorted by name. */
  get current(): readonly (readonly [string, string])[] {
    return [...this.variants]
      .map(([name, variant]) => [name, variant()] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}
