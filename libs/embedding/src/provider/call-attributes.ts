import type { SpanAttributes } from '#observability';

/** The names of OpenTelemetry's conventions for calls of models. */
export function callAttributes(
  operation: 'embeddings' | 'rerank',
  { provider, model }: { readonly provider: string; readonly model: string },
): SpanAttributes {
  return {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
  };
}
