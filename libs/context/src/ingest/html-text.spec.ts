import * as fc from 'fast-check';
import { htmlToText } from './html-text.js';

describe('htmlToText', () => {
  it('reads a page as a person does', () => {
    const page = `<!doctype html><html><head><title>The
      Lighthouse</title><style>p { color: red }</style><script>alert('no')</script></head>
      <body><nav><a href="/">Home</a></nav>
      <h1>Keeping <em>the</em> light</h1>
      <p>Never let it
         go out.<br>Not even&nbsp;once: 5 &lt; 6 &amp; caf&eacute;.</p>
      <ul><li>oil</li><li><p>wick</p><ol><li>trim</li><li>turn</li></ol></li></ul>
      <pre><code>light(on)
  # twice</code></pre>
      <table><tr><th>hour</th><th>watch</th></tr><tr><td>0</td><td>Ann</td></tr></table>
      <p hidden>secret</p><img src="x" alt="A tower">
      <template>never</template></body></html>`;
    expect(htmlToText(page)).toEqual({
      title: 'The Lighthouse',
      text: [
        'Home',
        '',
        '# Keeping the light',
        '',
        'Never let it go out.',
        'Not even\u00a0once: 5 < 6 & café.',
        '',
        '- oil',
        '',
        '- wick',
        '',
        '  1. trim',
        '  2. turn',
        '',
        '```',
        'light(on)',
        '  # twice',
        '```',
        '',
        'hour | watch',
        '0 | Ann',
        '',
        'A tower',
      ].join('\n'),
    });
  });

  it('reads what is broken', () => {
    expect(htmlToText('<h2>Open <p>one<ul><li>two</ul><b>three')).toEqual({
      title: undefined,
      text: '## Open\n\none\n\n- two\n\nthree',
    });
    expect(htmlToText('<script>unclosed')).toEqual({ title: undefined, text: '' });
    expect(htmlToText('plain & simple')).toEqual({ title: undefined, text: 'plain & simple' });
  });

  it('lets no fence of the text close the one around it', () => {
    expect(htmlToText('<pre>a\n```\nb</pre>').text).toBe('```\na\n``\nb\n```');
  });

  it('takes any text, and keeps its words in order', () => {
    const part = fc.constantFrom(
      '<p>',
      '</p>',
      '<li>',
      '<ul>',
      '</ul>',
      '<pre>',
      '</pre>',
      '<td>',
      '<h1>',
      '<!--',
      '<x',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
        expect(typeof htmlToText(parts.join('')).text).toBe('string');
      }),
    );
    const words = ['alpha', 'beta', 'gamma', 'delta'];
    expect(htmlToText(`<div>${words.map((word) => `<p>${word}`).join('')}</div>`).text.split(/\s+/)).toEqual(words);
  });

  it('takes time in proportion to the length of a hostile page', () => {
    const started = performance.now();
    for (const unit of ['<', '&#', '<td>', '<!--', '<li>x', '<br>', '<p>x', '```', ' '])
      htmlToText(unit.repeat(100_000));
    for (const unit of ['<ul>', '<div hidden>', '<pre>'])
      expect(() => htmlToText(unit.repeat(100_000))).toThrow(RangeError);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
