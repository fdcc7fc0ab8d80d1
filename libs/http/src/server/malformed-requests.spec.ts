import type { IncomingMessage } from 'node:http';
import { refusalOf } from './malformed-requests.js';

const asked = (url: string) =>
  refusalOf({ url, rawHeaders: [], headers: { host: 'a' }, httpVersion: '1.1' } as unknown as IncomingMessage);

describe('refusalOf', () => {
  it.each(['/v1/search?q=%ff%fe', '/v1/search?project=a&q=%C3', '/v1/search?%80=1'])(
    'refuses a query that is not UTF-8: %s',
    (url) => expect(asked(url)).toMatchObject({ kind: 'invalid', issues: [{ in: 'query' }] }),
  );

  it.each(['/v1/search', '/v1/search?q=100%', '/v1/search?q=%C3%A9+%zz&x=%f0%9f%9a%80', '/x?'])('takes %s', (url) =>
    expect(asked(url)).toBeUndefined(),
  );
});
