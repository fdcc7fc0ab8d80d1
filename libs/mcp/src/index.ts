export { McpApiModule } from './mcp-api.module.js';
export { shapeOf } from './routes/json-schema.js';
export { RouteCatalogue } from './routes/route-catalogue.js';
export { findStrictIssues, strictRules } from './tools/strict-schema.js';
export { readArguments } from './tools/tool-request.js';
export { ToolCatalogue, toolDefinitions } from './tools/tool-catalogue.js';
