import type { FaultsByKind } from './fault-table.js';

const MALFORMED = 'libs/http/src/server/malformed-requests.int-spec.ts';
const MCP = 'test/e2e/mcp/mcp-protocol.e2e-spec.ts';
const MCP_RESULTS = 'test/e2e/mcp/mcp-results.e2e-spec.ts';
const LITERAL = 'test/e2e/literal-search.e2e-spec.ts';
const OPENAI = 'test/e2e/openai-client.e2e-spec.ts';
const API = 'apps/api/src/api.int-spec.ts';

export const faultsOfSearchAndClients: FaultsByKind = {
  'search, ingest, preview and check': [
    {
      fault: 'options of commands and negative numbers exclude the text that holds them',
      provedBy: [
        [LITERAL, 'docker run -p'],
        [LITERAL, '-18 degrees'],
        [LITERAL, 'still leaves out what is behind a dash and no option'],
      ],
    },
    {
      fault: 'emoji and symbols find nothing',
      provedBy: [
        [LITERAL, '✅ done'],
        [LITERAL, '≠ is not ≈'],
      ],
    },
    {
      fault: 'other inflections, compounds and words with an article find nothing',
      provedBy: [[LITERAL, 'finds %s by words near to it, marked as weak']],
    },
    {
      fault: 'a soft hyphen within a word hides it',
      provedBy: [
        [LITERAL, 'Donaudampfschiff'],
        ['libs/search/src/analysis/words.spec.ts', 'soft hyphens'],
      ],
    },
    {
      fault: 'a part of a long structure can not be read alone',
      provedBy: [['libs/context/src/ingest/chunks.spec.ts', 'code is closed and opened again, with its language']],
    },
    {
      fault: 'addresses of links in HTML are dropped',
      provedBy: [['libs/context/src/ingest/html-text.spec.ts', 'link']],
    },
    {
      fault: 'front matter, rules of tables, dashes and comments are titles or significant lines',
      provedBy: [
        ['libs/context/src/extract/preview.spec.ts', 'front matter'],
        ['libs/context/src/extract/preview.spec.ts', 'takes no rules of tables, dashes, borders, comments'],
      ],
    },
    {
      fault: '"Use pnpm instead of npm." is not broken by a text that says the opposite',
      provedBy: [['test/e2e/check.e2e-spec.ts', 'Use pnpm instead of npm.']],
    },
    {
      fault: 'one bad item refuses a batch that is not atomic',
      provedBy: [['test/e2e/contexts.e2e-spec.ts', 'a batch that is not atomic stores what it can']],
    },
  ],
  'clients of MCP, of OpenAI and others': [
    {
      fault: 'schemas of tools hold formats that strict clients refuse',
      provedBy: [
        [API, 'take arguments that every client can write'],
        ['libs/mcp/src/routes/json-schema.spec.ts', 'holds no format, which some clients refuse'],
      ],
    },
    {
      fault: 'null and an empty text are errors for optional arguments',
      provedBy: [
        [API, 'take null and an empty text for every optional argument as absent'],
        [MCP, 'takes null and an empty text as absent, and JSON as text'],
      ],
    },
    {
      fault: 'a store gives the text back, and a long text comes in one answer',
      provedBy: [
        [MCP_RESULTS, 'a store gives back neither the text nor the metadata'],
        [MCP_RESULTS, 'a long context is read in parts'],
      ],
    },
    {
      fault: 'too many texts and tokens are refused by a message that is not true',
      provedBy: [
        [OPENAI, 'holds 2049 texts; one request takes at most 2048'],
        [OPENAI, 'check_embedding_ctx_length=False'],
      ],
    },
    {
      fault: "errors have no body for OpenAI's client, and models can not be listed",
      provedBy: [
        [OPENAI, "has OpenAI's error beside the problem"],
        [OPENAI, 'finds the model that is offered, by its own name and by others of the configuration'],
      ],
    },
    {
      fault: 'a label whose slashes a proxy decodes is not found',
      provedBy: [[API, 'is the same with its slashes encoded and decoded']],
    },
    {
      fault: 'a compressed body is "not valid UTF-8"',
      provedBy: [
        [MALFORMED, "'content-encoding': encoding"],
        [MALFORMED, 'that grows beyond the limit'],
      ],
    },
    {
      fault: 'the description of the API has errors and warnings, and another version',
      provedBy: [
        ['.ci/check-openapi.mjs', '@redocly/openapi-core'],
        [API, 'is OpenAPI 3.1, of which every part is a valid JSON Schema'],
      ],
    },
  ],
};
