import { Controller, Injectable, Param } from '@nestjs/common';
import { z } from 'zod';
import { EmbeddingConfig } from '#config';
import { Endpoint } from '#http';
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

const modelResponse = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().meta({ description: 'Not known: 0.' }),
    owned_by: z.string().meta({ description: 'The provider of the embeddings.' }),
  })
  .meta({ id: 'Model' });

const modelsResponse = z.object({ object: z.literal('list'), data: z.array(modelResponse) }).meta({ id: 'Models' });

const modelParams = z.strictObject({ model: z.string().min(1).max(200) });

/** Which models clients of OpenAI may name: that of the embeddings, by its own name and by those of EMBEDDING_MODEL_ALIASES. */
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly models: OfferedModels) {}

  @Endpoint('GET ', {
    summary: 'List the models of this server, as the API of OpenAI does',
    access: ['embeddings'],
    response: modelsResponse,
  })
  list(): z.infer<typeof modelsResponse> {
    return { object: 'list', data: this.models.names().map((name) => this.describe(name)) };
  }

  @Endpoint('GET /:model', {
    summary: 'Look at one model, as the API of OpenAI does',
    access: ['embeddings'],
    response: modelResponse,
    freeText: 'model',
  })
  get(@Param({ schema: modelParams }) { model }: z.infer<typeof modelParams>): z.infer<typeof modelResponse> {
    this.models.require(model);
    return this.describe(model);
  }

  private describe(id: string): z.infer<typeof modelResponse> {
    return { id, object: 'model', created: 0, owned_by: this.models.owner };
  }
}
