#!/usr/bin/env node
import { BuildError, ensureBuilt } from './ensure-built.mjs';

try {
  ensureBuilt();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exit(1);
}
await import('../dist/apps/cli/src/main.js');
