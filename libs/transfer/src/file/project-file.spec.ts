import fc from 'fast-check';
import { gunzipSync } from 'node:zlib';
import { newId } from '#kernel';
import type { ContextLine, PartLine, SessionLine } from './file-lines.js';
import { FileWriter } from './file-writer.js';
import { checkFile, readHeader, readParts } from './read-file.js';
import { Spool } from './spool.js';

const AT = '2026-01-01T00:00:00.000Z';
const LIMITS = { limitBytes: 64 * 1024 * 1024, validates: true };

async function written(parts: readonly PartLine[]): Promise<Spool> {
  const spool = await Spool.open();
  const file = new FileWriter(spool);
  const count = (type: string) => parts.filter((part) => part.type === type).length;
  await file.write({
    type: 'header',
    format: 'keepsake-project',
    formatVersion: 1,
    productVersion: '0.1.0',
    project: 'p',
    exportedAt: AT,
    counts: {
      sessions: count('session'),
      entries: count('entry'),
      contexts: count('context'),
      handovers: count('handover'),
      agentStates: count('agentState'),
      checkpoints: count('checkpoint'),
      conversations: count('conversation'),
      messages: count('message'),
    },
  });
  await file.write({ type: 'project', slug: 'p', createdAt: AT });
  for (const part of parts) await file.write(part);
  await file.end();
  return spool;
}

async function collected<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Any Unicode that a text may have, and what breaks readers of lines. */
const text = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('\n', '\r\n', '\u2028', '\\n', '"', '\u007f'),
  )
  // A name that no request may have is refused in files as well.
  .map((value) =>
    value
      .replaceAll('\0', '0')
      .toWellFormed()
      .replace(/^__proto__$/, 'proto'),
  );

function session(metadata: SessionLine['metadata'], summary: string): SessionLine {
  const times = { createdAt: AT, lastActiveAt: AT, expiresAt: AT, finalisedAt: null, endedAt: null };
  return { type: 'session', id: newId(), client: null, metadata, summary, ...times, revision: 1 };
}

function context(version: number, content: string, metadata: ContextLine['metadata'] = {}): ContextLine {
  const said = { tags: ['t'], priority: 'reference' as const, priorityDetected: true, sessionId: null, metadata };
  const times = { createdAt: AT, updatedAt: AT, archivedAt: null, archiveReason: null };
  const valid = {
    validFrom: null,
    validTo: null,
    slotSubject: null,
    slotAttribute: null,
    supersedes: [],
    createdBy: null,
  };
  return { type: 'context', id: newId(), label: 'a', version, content, ...said, ...times, ...valid, revision: 1 };
}

describe('a project as a file', () => {
  it('gives back any Unicode byte for byte, as often as it is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 8 }), async (texts) => {
        const parts = [
          ...texts.map((value) => session({ [value]: [value] }, value)),
          ...texts.map((value, index) => context(index + 1, `x${value}`, { value })),
        ];
        const spool = await written(parts);
        const { header, end } = await checkFile(spool.read(), LIMITS);
        expect(header.counts).toEqual(end.counts);
        for (const _ of [1, 2]) expect(await collected(readParts(spool.read(), LIMITS.limitBytes))).toEqual(parts);
        await spool.close();
      }),
      { numRuns: 40 },
    );
  });

  it('is recognised from what follows its bytes: any bit that changes a text is noticed', async () => {
    const spool = await written([context(1, 'some text'), context(2, 'some more text')]);
    const whole = gunzipSync(Buffer.concat(await collected(spool.read())));
    await spool.close();
    const end = whole.lastIndexOf('{"type":"end"');
    await fc.assert(
      fc.asyncProperty(fc.nat(end - 1), fc.nat(7), async (place, bit) => {
        const altered = Buffer.from(whole);
        altered[place] = (altered[place] ?? 0) ^ (1 << bit);
        await expect(checkFile(chunks(altered), LIMITS)).rejects.toMatchObject({
          code: expect.stringMatching(/^import-/),
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is read in whatever pieces it comes', async () => {
    const spool = await written([context(1, 'é'.repeat(1_000)), context(2, 'b')]);
    const packed = Buffer.concat(await collected(spool.read()));
    await spool.close();
    for (const size of [1, 7, 100_000])
      for (const bytes of [packed, gunzipSync(packed)])
        await expect(checkFile(chunks(bytes, size), LIMITS)).resolves.toMatchObject({ header: { project: 'p' } });
    expect(await readHeader(chunks(packed))).toMatchObject({ project: 'p' });
  });

  it('is refused before a line of too many values is read', async () => {
    const line = (values: number) => Buffer.from(`{"type":"header","list":[${'0,'.repeat(values - 2)}0]}\n`);
    for (const [values, message] of [
      [250_001, 'holds more than 250000 values'],
      [250_000, 'is no export of Keepsake'],
    ] as const)
      await expect(checkFile(chunks(line(values), 100_000), LIMITS)).rejects.toThrow(message);
  });

  it('reports how far it is', async () => {
    const spool = await written([context(1, 'a'), context(2, 'b')]);
    const reported: [number, number][] = [];
    await checkFile(spool.read(), LIMITS, (lines, of) => reported.push([lines, of]));
    expect(reported.at(-1)).toEqual([4, 5]);
    await spool.close();
  });
});

async function* chunks(bytes: Buffer, size = 64): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
