import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { HttpConfig } from '#config';
import { productRoot, productVersion } from '#kernel';

/** The description of the whole API, made from the routes and their schemas. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setTitle('Keepsake')
    .setDescription(
      'A memory backend for AI agents: sessions, contexts, search and handovers. Every answer says in `Server-Timing` where its time went; with the header `X-Keepsake-Timings: body` it is also the member `serverTiming` of an answer that is an object. Where what was sent to be stored holds secrets, the header `Keepsake-Redaction` says how many, and the member `redactionReport` of an answer that is an object says what was done (`mode`) and of what kind and where each is (`found`: `kind`, `in`, `pointer`, `offset`; `more`), never what it is.',
    )
    .setVersion(productVersion())
    .setOpenAPIVersion('3.1.0')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'ks_…', description: 'An API key.' }, 'credential')
    .build();
  const { publicUrl } = app.get(HttpConfig);
  options.servers = [{ url: publicUrl ?? '/' }];
  const document = SwaggerModule.createDocument(app, options, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
  });
  for (const path of Object.values(document.paths))
    for (const operation of Object.values(path) as Operation[]) {
      // An open route says that it needs nothing, rather than nothing about it.
      operation.security ??= [];
      nameProblems(operation.responses);
    }
  return withoutLoneParts(document) as OpenAPIObject;
}

interface Operation {
  security?: readonly object[];
  readonly responses: Record<string, { content?: Record<string, unknown> }>;
}

/** What is not a success is problem+json; Swagger knows one media type for all answers of a route. */
function nameProblems(responses: Operation['responses']): void {
  const { default: problem } = responses;
  const body = problem?.content?.['application/json'];
  if (problem === undefined || body === undefined) return;
  problem.content = { 'application/problem+json': body };
  responses['4XX'] = problem;
}

/** Swagger writes a reference as the only part of an `allOf`, which OpenAPI 3.1 does not need. */
function withoutLoneParts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutLoneParts);
  if (typeof value !== 'object' || value === null) return value;
  const { allOf, ...others } = value as Record<string, unknown>;
  const [only] = Array.isArray(allOf) && allOf.length === 1 ? (allOf as object[]) : [];
  const parts = only === undefined ? value : { ...only, ...others };
  return Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, withoutLoneParts(part)]));
}

/** Serves `/openapi.json` and the page `/docs`; both are open. */
export function serveOpenApi(app: NestFastifyApplication): void {
  let document: OpenAPIObject | undefined;
  // An installed package has no other; the compiled files find it in the packages.
  const page = join(productRoot(), 'dist/bundle/api-page');
  SwaggerModule.setup('docs', app, () => (document ??= openApiDocument(app)), {
    jsonDocumentUrl: '/openapi.json',
    customSiteTitle: 'Keepsake API',
    ...(existsSync(page) ? { customSwaggerUiPath: page } : {}),
  });
}
