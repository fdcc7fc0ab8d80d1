import { FreeTextPaths } from './free-text-paths.js';

const LABEL = '/v1/projects/:project/contexts/:label';

function paths(): FreeTextPaths {
  const known = new FreeTextPaths();
  known.learn(['GET', 'HEAD'], LABEL, 'label');
  known.learn(['DELETE'], LABEL, 'label');
  known.learn(['POST'], `${LABEL}/forget`, 'label');
  known.learn(['GET'], '/v1/projects/:project/contexts/of/day', undefined);
  known.learn(['GET'], '/v1/projects/:project/overview', undefined);
  known.learn(['OPTIONS'], '*', undefined);
  return known;
}

describe('a path with a free text in it', () => {
  it.each([
    ['GET', 'contexts/docs/adr/0002.md', 'contexts/docs%2Fadr%2F0002.md'],
    ['HEAD', 'contexts/docs/adr', 'contexts/docs%2Fadr'],
    ['GET', 'contexts/docs/adr/?version=1', 'contexts/docs%2Fadr/?version=1'],
    ['GET', 'contexts/docs%2Fadr/a?x=/b/c', 'contexts/docs%2Fadr%2Fa?x=/b/c'],
    ['GET', 'contexts/a//b', 'contexts/a%2F%2Fb'],
    ['POST', 'contexts/docs/adr/forget', 'contexts/docs%2Fadr/forget'],
    ['DELETE', 'contexts/docs/adr/forget', 'contexts/docs%2Fadr%2Fforget'],
    // No such method: its answer is that of the path, 405.
    ['PUT', 'contexts/docs/adr', 'contexts/docs%2Fadr'],
  ])('%s %s is read as %s', (method, sent, read) => {
    expect(paths().rewrite(method, `/v1/projects/p/${sent}`)).toBe(`/v1/projects/p/${read}`);
  });

  it.each([
    ['GET', '/v1/projects/p/contexts/docs'],
    ['GET', '/v1/projects/p/contexts/docs/'],
    ['POST', '/v1/projects/p/contexts/docs/forget'],
    ['GET', '/v1/projects/p/contexts/docs%2Fadr?version=1'],
    ['GET', '/v1/projects/p/contexts/of/day'],
    ['GET', '/v1/projects/p/overview'],
    ['GET', '/v1/projects/p/q/contexts/a/b'],
    ['GET', '/'],
    ['OPTIONS', '*'],
    ['GET', ''],
  ])('%s %s stays as it is', (method, url) => {
    expect(paths().rewrite(method, url)).toBe(url);
  });

  it('is read in linear time', () => {
    const known = paths();
    const cpuOf = (length: number) => {
      const url = `/v1/projects/p/contexts/${'/forget'.repeat(length)}x`;
      const { user } = process.cpuUsage();
      for (let turn = 0; turn < 20; turn++) known.rewrite('POST', url);
      return process.cpuUsage().user - user;
    };
    // The least of several: collections and ticks of the clock fall into some of them.
    const least = (length: number) => Math.min(...Array.from({ length: 7 }, () => cpuOf(length)));
    least(1000);
    // Eight times the length: quadratic work would be sixty-four times as much.
    expect(least(40_000)).toBeLessThan(30 * Math.max(least(5000), 2000));
  });
});
