import { Injectable } from '@nestjs/common';
import { Registry } from '#kernel';

/** A setting of this process that answers depend on. */
export interface ResponseVariant {
  /** Unique in the product. */
  readonly name: string;
  /** At present. */
  readonly value: string;
}

/**
 * What answers depend on besides the request and what is stored: the settings of this process. Processes that differ in
 * it, and one before and after a restart, do not share answers.
 */
@Injectable()
export class ResponseVariants extends Registry<ResponseVariant> {
  override register(variant: ResponseVariant): void {
    if (this.registered.some(({ name }) => name === variant.name))
      throw new Error(`Answers depend on ${variant.name} twice.`);
    super.register(variant);
  }

  /** Name and value pairs, sorted by name. */
  get current(): readonly (readonly [string, string])[] {
    return this.registered.map(({ name, value }) => [name, value] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}
