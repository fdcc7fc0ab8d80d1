import { Body, Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Caller } from '#auth';
import { Endpoint } from '#http';
import type { Principal } from '#kernel';
import { Redactor } from '#redaction';
import { EmbeddingService } from '../embedding.service.js';
import {
  type CreateEmbeddingsBody,
  createEmbeddingsBody,
  embeddingsResponse,
  toEmbeddingsResponse,
  toUsd,
} from './embeddings.dto.js';
import { OfferedModels } from './models.controller.js';

@Controller('v1/embeddings')
export class EmbeddingsController {
  constructor(
    private readonly embeddings: EmbeddingService,
    private readonly models: OfferedModels,
    private readonly redactor: Redactor,
  ) {}

  @Endpoint('POST ', {
    body: 'texts',
    mostValues: 500_000,
    summary: 'Embed texts, as the API of OpenAI does',
    access: ['embeddings'],
    status: 200,
    response: embeddingsResponse,
    longAnswer: true,
    onlyReads: true,
    limits: ['embeddings'],
    // Inputs may be tokens: the route looks at the texts of them.
    redaction: { except: ['input'] },
  })
  async create(
    @Caller() caller: Principal,
    @Body({ schema: createEmbeddingsBody }) body: CreateEmbeddingsBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const redaction = await this.redactor.begin(caller.workspaceId);
    const texts = typeof body.input === 'string' ? [body.input] : body.input;
    const outcome = await this.embeddings.embed({
      workspaceId: caller.workspaceId,
      billedPrincipal: caller,
      texts: texts.map((text) => redaction.redactText(text, { pointer: '/input' })),
      inputType: body.input_type ?? 'none',
      dimensions: body.dimensions ?? undefined,
      model: this.models.resolve(body.model || undefined),
    });
    void reply.headers({
      'x-keepsake-cache-hits': String(outcome.cacheHits),
      'x-keepsake-cost-usd': toUsd(outcome.costUsd),
    });
    return toEmbeddingsResponse(outcome, body.encoding_format);
  }
}
