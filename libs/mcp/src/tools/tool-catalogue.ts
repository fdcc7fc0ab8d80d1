import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { z } from 'zod';
import type { Scope } from '#kernel';
import { toResultSchema } from '../results/result-schema.js';
import { pageArguments } from '../results/text-page.js';
import { type JsonSchema, type ObjectSchema, shapeOf, toObjectSchema } from '../routes/json-schema.js';
import { type Route, RouteCatalogue } from '../routes/route-catalogue.js';
import { administrationTools } from './definitions/administration-tools.js';
import { agentTools } from './definitions/agent-tools.js';
import { contextTools } from './definitions/context-tools.js';
import { conversationTools } from './definitions/conversation-tools.js';
import { memoryTools } from './definitions/memory-tools.js';
import { plainTools } from './definitions/plain-tools.js';
import { userTools } from './definitions/user-tools.js';
import { withNames } from './renamed-arguments.js';
import { sessionTools } from './definitions/session-tools.js';
import { toStrictSchema } from './strict-schema.js';
import { preconditionArguments } from './tool-preconditions.js';
import type { Profile, ToolDefinition } from './tool.js';

/** Every tool, in the order in which an agent meets them. */
export const toolDefinitions: readonly ToolDefinition[] = [
  ...sessionTools,
  ...plainTools,
  ...contextTools,
  ...memoryTools,
  ...conversationTools,
  ...agentTools,
  ...userTools,
  ...administrationTools,
];

/** A tool with what its route says of it. */
export interface Tool {
  readonly definition: ToolDefinition;
  readonly route: Route;
  /** Who may call it. */
  readonly scopes: readonly Scope[];
  /** In the vocabulary that every client takes. */
  readonly input: ObjectSchema;
  readonly output: ObjectSchema;
  /** Names of the arguments that belong into the path and into the query; the others are the body. */
  readonly pathFields: readonly string[];
  readonly queryFields: readonly string[];
}

/**
 * All tools, each made from its route when it is first asked for: the schemas of all of them are a tenth of the time that
 * a start takes. One whose route is gone ends the start.
 */
@Injectable()
export class ToolCatalogue implements OnApplicationBootstrap {
  private readonly definitions = new Map(toolDefinitions.map((definition) => [definition.name, definition]));
  private readonly tools = new Map<string, Tool>();

  constructor(private readonly routes: RouteCatalogue) {}

  onApplicationBootstrap(): void {
    for (const { route } of toolDefinitions) this.routeOf(route);
  }

  /** In the order in which an agent meets them. @throws Error where fields of a tool clash */
  toolsOf(profile: Profile): readonly Tool[] {
    return toolDefinitions
      .filter((definition) => isIn(definition, profile))
      .map((definition) => this.toolOf(definition));
  }

  find(name: string, profile: Profile): Tool | undefined {
    const definition = this.definitions.get(name);
    return definition !== undefined && isIn(definition, profile) ? this.toolOf(definition) : undefined;
  }

  private toolOf(definition: ToolDefinition): Tool {
    const made = this.tools.get(definition.name) ?? this.toTool(definition);
    this.tools.set(definition.name, made);
    return made;
  }

  private toTool(definition: ToolDefinition): Tool {
    const route = this.routeOf(definition.route);
    const pathFields = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');
    const input = inputOf(route);
    const refined = withMostItems(
      definition,
      withoutSent(definition, definition.refine?.(input, (name) => inputOf(this.routeOf(name))) ?? input),
    );
    return {
      definition,
      route,
      scopes: route.access === 'public' ? [] : route.access,
      input: toStrictSchema(withOwnArguments(definition, route, withShown(definition, withNames(definition, refined)))),
      output: toResultSchema(definition, toObjectSchema(route.response ?? z.object({}), 'output')),
      pathFields,
      queryFields: Object.keys(shapeOf(route.query)),
    };
  }

  private routeOf(name: string): Route {
    const route = this.routes.allRoutes().get(name);
    if (route === undefined) throw new Error(`A tool is made of ${name}, which is no route.`);
    return route;
  }
}

function isIn({ core }: ToolDefinition, profile: Profile): boolean {
  return profile === 'full' || core === true;
}

/** What each call of the tool sends anyway is no argument. */
function withoutSent({ sends = {} }: ToolDefinition, input: ObjectSchema): ObjectSchema {
  const properties = Object.entries(input.properties).filter(([name]) => !Object.hasOwn(sends, name));
  return { ...input, properties: Object.fromEntries(properties) };
}

/** Those that a tool shows, in its order; what is required is among them. */
function withShown({ name, shows }: ToolDefinition, input: ObjectSchema): ObjectSchema {
  if (shows === undefined) return input;
  const hidden = input.required?.find((each) => !shows.includes(each));
  if (hidden !== undefined) throw new Error(`The tool ${name} does not show ${hidden}, which is required.`);
  const properties = shows.flatMap((each) => {
    const schema = input.properties[each];
    return schema === undefined ? [] : [[each, schema] as const];
  });
  return { ...input, properties: Object.fromEntries(properties) };
}

/** Lists of these arguments are as short as the tool takes them. */
function withMostItems({ mostItems = {} }: ToolDefinition, input: ObjectSchema): ObjectSchema {
  const limited = Object.entries(mostItems).map(([field, maxItems]) => {
    const { anyOf, ...own } = input.properties[field] ?? { type: 'array' };
    if (!Array.isArray(anyOf)) return [field, { ...own, maxItems }];
    const forms = (anyOf as JsonSchema[]).map((form) => (form['type'] === 'array' ? { ...form, maxItems } : form));
    return [field, { ...own, anyOf: forms }];
  });
  return { ...input, properties: { ...input.properties, ...Object.fromEntries(limited) } };
}

/** With what a tool takes beside the fields of its route. @throws Error for names that clash */
function withOwnArguments(
  { name, pages, pageOf, readsOnWith }: ToolDefinition,
  route: Route,
  input: ObjectSchema,
): ObjectSchema {
  const takesPage = pages !== undefined && readsOnWith === undefined;
  const own = { ...(takesPage ? pageArguments(pageOf ?? 'text') : {}), ...preconditionArguments(route) };
  const clash = Object.keys(own).find((field) => field in input.properties);
  if (clash !== undefined) throw new Error(`The route of ${name} takes a field ${clash} of its own.`);
  return { ...input, properties: { ...input.properties, ...own } };
}

/** What all parts of a request take, as one object. */
function inputOf({ name, params, query, body }: Route): ObjectSchema {
  const parts = [shapeOf(params), shapeOf(query), shapeOf(body)];
  const names = parts.flatMap((part) => Object.keys(part));
  const clash = names.find((field, index) => names.indexOf(field) !== index);
  if (clash !== undefined) throw new Error(`${name} takes ${clash} in two parts of a request: no tool can say which.`);
  const whole = z.strictObject(Object.assign({}, ...parts) as Record<string, z.ZodType>);
  const schema = toObjectSchema(whole, 'input');
  const inQuery = new Set(Object.keys(shapeOf(query)));
  const properties = Object.entries(schema.properties).map(([field, part]) => [
    field,
    inQuery.has(field) ? outOfText(part) : part,
  ]);
  return { ...schema, properties: Object.fromEntries(properties) as ObjectSchema['properties'] };
}

/** Queries write everything as text; arguments of a tool need not. */
function outOfText(schema: JsonSchema): JsonSchema {
  const { type: _, enum: values, default: absent, anyOf, ...rest } = schema;
  if (Array.isArray(values) && values.join() === 'true,false')
    return { type: 'boolean', ...rest, ...(absent === undefined ? {} : { default: absent === 'true' }) };
  const list = (anyOf as JsonSchema[] | undefined)?.find(({ type }) => type === 'array');
  return list === undefined ? schema : { ...rest, ...list };
}
