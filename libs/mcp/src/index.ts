export { McpApiModule } from './mcp-api.module.js';
export { RouteCatalogue } from './routes/route-catalogue.js';
export { type Profile, profiles } from './tools/tool.js';
export { toolDefinitions } from './tools/tool-definitions.js';
