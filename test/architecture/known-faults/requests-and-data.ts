import type { FaultsByKind } from './fault-table.js';

const HOSTILE = 'test/e2e/hostile/hostile.e2e-spec.ts';
const HOSTILE_TEXTS = 'test/support/hostile-texts.ts';
const MALFORMED = 'libs/http/src/server/malformed-requests.int-spec.ts';
const MCP = 'test/e2e/mcp/mcp-protocol.e2e-spec.ts';
const DURABILITY = 'test/e2e/durability.e2e-spec.ts';

export const faultsOfRequestsAndData: FaultsByKind = {
  'hostile requests': [
    {
      fault: 'a heading of spaces with U+2028, or closing marks behind spaces, freezes the process',
      provedBy: [
        [HOSTILE_TEXTS, 'a heading of spaces with U+2028'],
        [HOSTILE_TEXTS, 'a heading with spaces before its last word'],
        [HOSTILE_TEXTS, 'a heading of marks'],
        [HOSTILE, 'stores 1 MiB at most without a long hold'],
        ['.ci/check-patterns.mjs', 'linear time'],
      ],
    },
    {
      fault: 'a check hangs on a stored rule of dashes',
      provedBy: [
        [HOSTILE_TEXTS, 'names of dashes'],
        ['libs/check/src/rules/hostile-text.spec.ts', 'is held against a rule in time that grows with its length'],
      ],
    },
    {
      fault: 'millions of ids, or thousands of unknown names, cost seconds and megabytes of answer',
      provedBy: [
        [MALFORMED, 'of more values than a route takes is refused before values are made of it'],
        [MALFORMED, 'is shown twenty of them'],
        [MALFORMED, 'has the limit of its route in bytes'],
      ],
    },
    {
      fault: 'an object of a file holds so many values that others wait for seconds',
      provedBy: [
        ['libs/transfer/src/transcripts/read-transcript.spec.ts', 'an object of too many values'],
        ['libs/transfer/src/file/project-file.spec.ts', 'is refused before a line of too many values is read'],
        [HOSTILE, 'reads a transcript without a long hold'],
      ],
    },
    {
      fault: 'bodies are parsed before the credential is looked at',
      provedBy: [
        ['test/e2e/unknown-credentials.e2e-spec.ts', 'are refused before the work'],
        [MCP, 'are asked before a byte of the body is read'],
      ],
    },
    {
      fault: 'made-up tokens leave keys in Redis, and the limiter comes after the work',
      provedBy: [['test/e2e/unknown-credentials.e2e-spec.ts', 'leave no keys in Redis but the counter of the address']],
    },
    {
      fault: 'tokens whose times are endless, or whose claims hold NUL',
      provedBy: [
        ['libs/auth/src/jwt/jwt-verifier.spec.ts', '1e15'],
        ['libs/auth/src/jwt/jwt-verifier.spec.ts', '1e300'],
        ['libs/auth/src/jwt/jwt-verifier.spec.ts', 'NUL'],
      ],
    },
    {
      fault: 'a body nested 5,000 deep is 500 with an Idempotency-Key',
      provedBy: [[MALFORMED, 'nested 5,000 deep is 400']],
    },
    { fault: 'messages of MCP that reach no route cost nothing', provedBy: [[MCP, 'count %s as one read']] },
    {
      fault: 'a forged cursor is 500',
      provedBy: [['test/e2e/cursors.e2e-spec.ts', 'a forged cursor is 400 whatever it holds']],
    },
    {
      fault: 'a key set without end is read to its end',
      provedBy: [['libs/auth/src/jwt/jwt-verifier-key-sets.spec.ts', 'a JWKS answer without end is bounded in bytes']],
    },
    {
      fault: 'a text that grows 18-fold when it is normalised',
      provedBy: [[HOSTILE, 'a ligature that grows 18-fold when it is normalised']],
    },
    {
      fault: 'the difference of two texts of 1 MiB holds the event loop',
      provedBy: [[HOSTILE, 'compares two texts of 1 MiB without a long hold']],
    },
    {
      fault: 'an admin of a workspace leaves the tier of its key',
      provedBy: [['libs/auth/src/auth.int-spec.ts', 'keeps the tier that an operator gave it']],
    },
    {
      fault: 'many keys multiply the limits of a workspace',
      provedBy: [['test/e2e/rate-limits.e2e-spec.ts', '62 keys of a workspace share its limit']],
    },
    {
      fault: 'an admin of a workspace sees the numbers of others',
      provedBy: [['test/e2e/quiet-workspace.e2e-spec.ts', 'sees nothing of others: no counts, bytes, rates or names']],
    },
    {
      fault: 'an Idempotency-Key is 409 for a minute after a crash',
      provedBy: [[DURABILITY, 'the claim of an Idempotency-Key falls with the process that held it']],
    },
    {
      fault: 'a missing Host, another expectation and two credentials in one request',
      provedBy: [
        [MALFORMED, 'without a Host is refused by a problem'],
        [MALFORMED, 'is answered 417 by a problem'],
        [MALFORMED, "it.each(['authorization'"],
        [MALFORMED, 'frames are refused by both headers alike'],
      ],
    },
  ],
  data: [
    {
      fault: 'two servers on one data folder, and the writes of one are lost',
      provedBy: [
        ['test/e2e/data-folder-lock.e2e-spec.ts', 'in other PID namespaces, containers or hosts: the second refuses'],
      ],
    },
    {
      fault: 'a clock that is behind makes the end of a session, and reads after it, fail',
      provedBy: [
        ['test/e2e/clocks.e2e-spec.ts', 'let one end what the other started, and everybody read it'],
        ['test/e2e/clocks.e2e-spec.ts', 'what is stored stays readable and goes on'],
      ],
    },
    {
      fault: 'a replay returns the text of a deleted project',
      provedBy: [[DURABILITY, 'a replay does not return the text of a deleted project']],
    },
    {
      fault: 'metadata or texts change between store and read',
      provedBy: [
        ['test/e2e/kept-as-given.e2e-spec.ts', 'metadata of sessions, entries and contexts'],
        ['test/e2e/kept-as-given.e2e-spec.ts', 'refuses %s, and writes nothing'],
        ['libs/transfer/src/transcripts/read-transcript.spec.ts', 'keeps the digits of numbers that would lose some'],
      ],
    },
    {
      fault: 'deleting a project deletes handovers of others',
      provedBy: [
        ['test/e2e/project-deletion.e2e-spec.ts', 'leaves every handover, entry, session and count of other projects'],
      ],
    },
  ],
};
