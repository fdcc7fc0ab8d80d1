import { textTable } from './text-table.js';

describe('a table of text', () => {
  it('is as wide as it needs, with numbers to the right', () => {
    expect(
      textTable(
        ['family', 'hits', 'ttl'],
        [
          ['context', 12_345, '1 h'],
          ['http', 7, '10 min'],
        ],
      ),
    ).toBe(['family     hits  ttl', 'context  12,345  1 h', 'http          7  10 min'].join('\n'));
  });

  it('without rows is its header', () => {
    expect(textTable(['a', 'b'], [])).toBe('a  b');
  });
});
