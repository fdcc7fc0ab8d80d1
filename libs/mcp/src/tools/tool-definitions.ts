import { administrationTools } from './administration-tools.js';
import { contextTools } from './context-tools.js';
import { memoryTools } from './memory-tools.js';
import { sessionTools } from './session-tools.js';
import type { ToolDefinition } from './tool.js';

/** Every tool, in the order in which an agent meets them. */
export const toolDefinitions: readonly ToolDefinition[] = [
  ...sessionTools,
  ...contextTools,
  ...memoryTools,
  ...administrationTools,
];
