import { Injectable } from '@nestjs/common';
import { EmbeddingConfig } from '#config';
import { unknownModel } from '../embedding.errors.js';
import { EmbeddingService } from '../embedding.service.js';
import type { EmbeddingProvider } from '../provider/embedding-provider.js';

/** Takes any name. */
const ANY = '*';

/** The names by which clients may ask for the one model of this server. */
@Injectable()
export class OfferedModels {
  private readonly provider: EmbeddingProvider;
  private readonly aliases: ReadonlySet<string>;

  constructor({ provider }: EmbeddingService, { modelAliases }: EmbeddingConfig) {
    this.provider = provider;
    this.aliases = new Set(modelAliases);
  }

  get owner(): string {
    return this.provider.name;
  }

  /** Its own name first; none where embeddings are off. */
  names(): string[] {
    if (this.provider.isOff) return [];
    return [...new Set([this.provider.model, ...this.aliases])].filter((name) => name !== ANY);
  }

  /** The name as this server has it; one that is not known stays as it is, and is refused where it is used. */
  resolve(name: string | undefined): string | undefined {
    return name !== undefined && this.isAlias(name) ? undefined : name;
  }

  /** @throws DomainError `model-not-found` */
  require(name: string): void {
    const { isOff, model, name: owner } = this.provider;
    const isOwn = name === model || name === `${owner}/${model}`;
    if (isOff || !(isOwn || this.isAlias(name))) throw unknownModel(name, isOff ? undefined : model, 'path');
  }

  private isAlias(name: string): boolean {
    return this.aliases.has(name) || this.aliases.has(ANY);
  }
}
