import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ThrottleModule } from '#throttle';
import { RestApi } from './http/rest-api.js';
import { McpController } from './http/mcp.controller.js';
import { McpExchange } from './http/mcp-exchange.js';
import { McpProblemFilter } from './http/mcp-problem.filter.js';
import { OriginGuard } from './http/origin.guard.js';
import { PromptRegistry } from './prompts/prompt-registry.js';
import { ResourceReader } from './resources/resource-reader.js';
import { RouteCatalogue } from './routes/route-catalogue.js';
import { McpServerFactory } from './server/mcp-server.factory.js';
import { ToolCatalogue } from './tools/tool-catalogue.js';

/** The Model Context Protocol: tools, resources and prompts over the routes of whatever application it is part of. */
@Module({
  imports: [DiscoveryModule, ThrottleModule],
  controllers: [McpController],
  providers: [
    McpExchange,
    McpProblemFilter,
    McpServerFactory,
    OriginGuard,
    PromptRegistry,
    ResourceReader,
    RouteCatalogue,
    ToolCatalogue,
    RestApi,
  ],
})
export class McpApiModule {}
