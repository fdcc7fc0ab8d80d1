import { Controller, Param } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint } from '#http';
import { OfferedModels } from './offered-models.js';

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
