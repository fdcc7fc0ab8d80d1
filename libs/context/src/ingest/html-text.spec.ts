import { cpuMs } from '#test/support/hostile-texts.js';
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
        '[Home](/)',
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
        '--- | ---',
        '0 | Ann',
        '',
        '![A tower](x)',
      ].join('\n'),
    });
  });

  it.each([
    [
      'a link',
      'See <a href="https://grafana.example.org/d/1">the board</a>.',
      'See [the board](https://grafana.example.org/d/1).',
    ],
    ['spaces around its text', 'a<a href="/b"> b </a>c', 'a [b](/b) c'],
    ['a link with marks in it', '<a href="/x"><b>one</b> <i>two</i></a>', '[one two](/x)'],
    ['an address as its text', '<a href="https://e.org/">https://e.org/</a>', 'https://e.org/'],
    ['an address with spaces and brackets', '<a href="/a b(c)">x</a>', '[x](/a%20b%28c%29)'],
    ['an address in the page, and none', '<a href="#top">up</a> <a>x</a> <a href="javascript:f()">y</a>', 'up x y'],
    [
      'addresses by the base of the page',
      '<base href="https://e.org/docs/"><a href="a.html">a</a>',
      '[a](https://e.org/docs/a.html)',
    ],
    ['a link over several blocks', '<a href="/x"><p>one</p><p>two</p></a>', '[one](/x)\n\n[two](/x)'],
    ['a link that nothing closes', '<p><a href="/x">one<p>two', '[one](/x)\n\n[two](/x)'],
    [
      'a link in an item and in a heading',
      '<h2><a href="/h">H</a></h2><ul><li><a href="/i">I</a></ul>',
      '## [H](/h)\n\n- [I](/i)',
    ],
    ['an image as a link', '<a href="/x"><img src="t.png" alt="A tower"></a>', '[![A tower](t.png)](/x)'],
    ['images without text or address', '<img src="a.png"><img alt="b"><img src="data:x" alt="c">', 'bc'],
    ['the language of code', '<pre><code class="language-ts">let a</code></pre>', '```ts\nlet a\n```'],
    [
      'the language of a highlighted block',
      '<div class="highlight highlight-source-shell"><pre>ls</pre></div>',
      '```shell\nls\n```',
    ],
    ['the language that the block itself names', '<pre class="brush: python">x</pre>', '```python\nx\n```'],
    [
      'signs between cells',
      '<table><tr><th>a</th><th>b</th></tr><tr><td>x|y</td><td>z</td></tr></table>',
      'a | b\n--- | ---\nx\\|y | z',
    ],
    ['a table without heads', '<table><tr><td>a</td><td>b</td></tr></table>', 'a | b'],
  ])('keeps %s', (_, page, text) => {
    expect(htmlToText(page).text).toBe(text);
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
    expect(htmlToText('<pre>a\n```\nb</pre>').text).toBe('````\na\n```\nb\n````');
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
    const tookMs = cpuMs(() => {
      for (const unit of [
        '<',
        '&#',
        '<td>',
        '<!--',
        '<li>x',
        '<br>',
        '<p>x',
        '```',
        ' ',
        '<a href=x>y</a>',
        '</a>',
        '<img alt=x>',
      ])
        htmlToText(unit.repeat(100_000));
      for (const unit of ['<ul>', '<div hidden>', '<pre>', '<a href=x>'])
        expect(() => htmlToText(unit.repeat(100_000))).toThrow(RangeError);
    });
    expect(tookMs).toBeLessThan(5_000);
  });
});
