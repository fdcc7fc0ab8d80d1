import { createHash } from 'node:crypto';

interface Line {
  readonly type: string;
  readonly [field: string]: unknown;
}

const KINDS = {
  session: 'sessions',
  entry: 'entries',
  context: 'contexts',
  handover: 'handovers',
  agentState: 'agentStates',
  checkpoint: 'checkpoints',
  conversation: 'conversations',
  message: 'messages',
} as const;

/** The text of an exported project with these parts, whatever they say; counts and checksum fit. */
export function projectFile(
  project: string,
  parts: readonly Line[],
  header: Readonly<Record<string, unknown>> = {},
): string {
  const counts = Object.fromEntries(
    Object.entries(KINDS).map(([type, name]) => [name, parts.filter((part) => part.type === type).length]),
  );
  const at = '2026-01-01T00:00:00.000Z';
  return sealed(
    [
      {
        type: 'header',
        format: 'keepsake-project',
        formatVersion: 1,
        productVersion: '0.1.0',
        project,
        exportedAt: at,
        counts,
        ...header,
      },
      { type: 'project', slug: project, createdAt: at },
      ...parts,
    ],
    counts,
  );
}

/** Lines as they are, with the end line that fits them. */
export function sealed(lines: readonly (Line | string)[], counts: object): string {
  const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  const sha256 = createHash('sha256').update(text).digest('hex');
  return `${text}${JSON.stringify({ type: 'end', counts, sha256 })}\n`;
}
