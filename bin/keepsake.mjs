#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { BuildError, ensureBuilt } from './ensure-built.mjs';

try {
  ensureBuilt();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exit(1);
}
const [bundled, compiled] = ['bundle/main.js', 'apps/cli/src/main.js'].map(
  (path) => new URL(`../dist/${path}`, import.meta.url),
);
await import(existsSync(bundled) ? bundled : compiled);
