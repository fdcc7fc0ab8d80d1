import { judgeReads, judgeTheEnd, judgeWaits, READ_BOUND_MS, type ReadRecord, type WriteRecord } from './oracle.mjs';
import { INVALIDATION_BOUND_MS } from './subjects/subject.mjs';

const PLAIN = 's1k0';

const aRead = (fields: Partial<ReadRecord> = {}): ReadRecord => {
  const key = fields.key ?? PLAIN;
  return { actor: 'A', key, asked: key, startedMs: 1_000, version: 1, ...fields };
};

const aWrite = (fields: Partial<WriteRecord> = {}): WriteRecord => ({
  actor: 'B',
  key: PLAIN,
  version: 2,
  acknowledgedMs: 900,
  isConfirmed: true,
  ...fields,
});

const kindsOf = (reads: ReadRecord[], writes: WriteRecord[]) =>
  judgeReads(reads, writes).violations.map(({ kind }) => kind);

describe('the verdict on reads', () => {
  it('an older version after a newer one was acknowledged is stale', () => {
    expect(kindsOf([aRead()], [aWrite()])).toEqual(['stale']);
  });

  it('the acknowledged version and a later one are fresh', () => {
    expect(kindsOf([aRead({ version: 2 }), aRead({ version: 3 })], [aWrite()])).toEqual([]);
  });

  it('a write that is acknowledged after the read began, or of another key, binds nothing', () => {
    const later = aWrite({ acknowledgedMs: 1_000 });
    const elsewhere = aWrite({ key: 's1k1' });
    expect(judgeReads([aRead()], [later, elsewhere])).toEqual({ violations: [], withinException: 0 });
  });

  it('an unconfirmed write binds from the bound on, and no later', () => {
    const write = aWrite({ isConfirmed: false, acknowledgedMs: 0 });
    const at = (startedMs: number) => judgeReads([aRead({ startedMs })], [write]);
    expect(at(INVALIDATION_BOUND_MS)).toEqual({ violations: [], withinException: 1 });
    expect(at(INVALIDATION_BOUND_MS + 1).violations).toHaveLength(1);
  });

  it("another key's value is reported", () => {
    expect(kindsOf([aRead({ key: 's1k1', asked: PLAIN })], [])).toEqual(['crossed']);
  });
});

it('at the end every process returns what the source holds', () => {
  const truth = new Map([[PLAIN, { version: 2 }]]);
  const kinds = [1, 2, 3].flatMap((version) => judgeTheEnd([aRead({ version })], truth)).map(({ kind }) => kind);
  expect(kinds).toEqual(['lost', 'invented']);
});

it('an error and a wait beyond the bound are reported', () => {
  const wait = { actor: 'A', what: 'read' as const, keys: [PLAIN], endedMs: 5_000 };
  expect(judgeWaits([{ ...wait, waitMs: READ_BOUND_MS }])).toEqual([]);
  const kinds = judgeWaits([{ ...wait, waitMs: READ_BOUND_MS + 1, error: 'down' }]).map(({ kind }) => kind);
  expect(kinds).toEqual(['failed', 'waited']);
});
