import { KeySpace } from '#cache';
import { EXTRACT_VERSION, extract } from './extract/extract.js';
import { contexts, contextSummaries, contextTag, extracts, labelTag } from './context.cache.js';

const space = new KeySpace('ks');
const workspace = '0198f2d0-0000-7000-8000-000000000001';
const id = '0198f2d0-0000-7000-8000-000000000002';

describe('keys of contexts', () => {
  it('T13 are the same in every process and release', () => {
    expect(contexts.entryKey(space, { workspace, by: { id } })).toBe(`ks:v:context@4:${workspace}:id:${id}`);
    const label = { project: 'atlas', label: 'rules' };
    expect(contexts.entryKey(space, { workspace, by: label })).toBe(
      `ks:v:context@4:${workspace}:label:atlas:rules:latest`,
    );
    expect(contextSummaries.entryKey(space, { workspace, by: { ...label, version: 10 } })).toBe(
      `ks:v:context-summary@4:${workspace}:label:atlas:rules:=10`,
    );
  });

  it('T27 keep labels apart that look alike', () => {
    const labels = ['a', 'a:latest', 'a/b', 'A', 'a ', 'latest', 'x'.repeat(200), `${'x'.repeat(199)}y`];
    const keys = labels.flatMap((label) =>
      [undefined, 1].map((version) => contexts.entryKey(space, { workspace, by: { project: 'p', label, version } })),
    );
    expect(new Set(keys).size).toBe(2 * labels.length);
  });

  it('have identity tags without a version, which every write of the label fires', () => {
    const at = (version?: number) => contexts.tags({ workspace, by: { project: 'atlas', label: 'rules', version } });
    expect(at()).toEqual(at(3));
    expect(at()).toContain(labelTag({ workspace, project: 'atlas', label: 'rules' }));
    expect(contexts.tags({ workspace, by: { id } })).toContain(contextTag({ workspace, id }));
  });

  it('T14 of previews name the algorithm, so that a new one never reads what an old one made', () => {
    const key = (algorithm: number) => extracts.entryKey(space, { workspace, contentHash: 'ab12', algorithm });
    expect(key(1)).toBe(`ks:v:preview@1:${workspace}:ab12:=1`);
    expect(key(EXTRACT_VERSION + 1)).not.toBe(key(EXTRACT_VERSION));
    const text = '# Title\n\nAlways remember the lighthouse keeper and the storm.';
    expect(extract(text)).toEqual(extract(text));
  });
});
