// @ts-check
/**
 * The description of the API has no error and no warning by Redocly's recommended rules, and the product's version. It
 * is made from the compiled application, of which nothing is started: no database and no port is opened.
 */
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NestFactory } from '@nestjs/core';
import { createConfig, lintFromString } from '@redocly/openapi-core';

const ROOT = join(import.meta.dirname, '..');
/** @param {string} path */
const compiled = (path) => import(pathToFileURL(join(ROOT, 'dist', path)).href);
const [{ ApiModule }, { loadConfig }, { createFastifyAdapter, openApiDocument }] = await Promise.all([
  compiled('apps/api/src/api.module.js'),
  compiled('libs/config/src/index.js'),
  compiled('libs/http/src/index.js'),
]);

const config = loadConfig({});
const app = await NestFactory.create(ApiModule.forRoot(config), createFastifyAdapter(config.http), {
  preview: true,
  logger: false,
  abortOnError: false,
});
const document = openApiDocument(app);
const problems = await lintFromString({
  source: JSON.stringify(document),
  config: await createConfig({ extends: ['recommended'] }),
});
const lines = problems.map(
  ({ severity, ruleId, message, location: [place] }) => `${severity} ${ruleId}: ${message} (${place?.pointer ?? ''})`,
);
const architecture = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
for (const [path, operations] of Object.entries(document.paths))
  for (const method of Object.keys(operations).map((name) => name.toUpperCase())) {
    const route = `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
    if (!architecture.includes(`\`${route}\``)) lines.push(`${route} is not in the table of ARCHITECTURE.md`);
  }
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
if (document.info.version !== version) lines.push(`info.version is ${document.info.version}, not ${version}`);
for (const line of lines) console.error(line);
if (lines.length > 0) process.exit(1);
console.log(`${Object.keys(document.paths).length} paths are described without a problem`);
