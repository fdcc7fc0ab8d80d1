import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { HttpConfig } from '#config';

/** The description of the whole API, made from the routes and their schemas. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setTitle('Keepsake')
    .setDescription(
      'A memory backend for AI agents: sessions, contexts, search and handovers. Every answer tells in `Server-Timing` where its time went; with the header `X-Keepsake-Timings: body` it is also the member `serverTiming` of an answer that is an object.',
    )
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'ks_…', description: 'An API key.' }, 'credential')
    .build();
  const { publicUrl } = app.get(HttpConfig);
  if (publicUrl !== undefined) options.servers = [{ url: publicUrl }];
  const document = SwaggerModule.createDocument(app, options, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
  });
  nameProblemMediaType(document);
  return document;
}

/** What is not a success is problem+json; Swagger knows one media type for all answers of a route. */
function nameProblemMediaType({ paths }: OpenAPIObject): void {
  const operations = Object.values(paths).flatMap((path) => Object.values(path) as { responses?: object }[]);
  for (const { responses = {} } of operations) {
    const { default: problem } = responses as { default?: { content?: Record<string, unknown> } };
    const body = problem?.content?.['application/json'];
    if (problem !== undefined && body !== undefined) problem.content = { 'application/problem+json': body };
  }
}

/** Serves `/openapi.json` and the page `/docs`; both are open. */
export function serveOpenApi(app: NestFastifyApplication): void {
  let document: OpenAPIObject | undefined;
  SwaggerModule.setup('docs', app, () => (document ??= openApiDocument(app)), {
    jsonDocumentUrl: '/openapi.json',
    customSiteTitle: 'Keepsake API',
  });
}
