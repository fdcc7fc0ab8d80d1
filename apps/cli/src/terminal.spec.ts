import { Progress, textTable } from './terminal.js';

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

function stream(isTTY: boolean): { written: string; stream: NodeJS.WriteStream } {
  const sink = {
    written: '',
    stream: {
      isTTY,
      write: (text: string) => {
        sink.written += text;
        return true;
      },
    } as NodeJS.WriteStream,
  };
  return sink;
}

describe('progress', () => {
  it('rewrites one line on a terminal, and leaves it', () => {
    const sink = stream(true);
    const progress = new Progress(sink.stream);
    progress.step(1, 2, 'warmed');
    progress.step(2, 2, 'warmed');
    progress.end();
    progress.end();
    expect(sink.written).toBe('\rwarmed: 1 of 2\u001B[K\rwarmed: 2 of 2\u001B[K\n');
  });

  it('writes a log no more than a line in two seconds, and the last step', () => {
    const sink = stream(false);
    let nowMs = 0;
    const progress = new Progress(sink.stream, () => nowMs);
    for (let done = 1; done <= 50; done++) {
      progress.step(done, 50, 'warmed');
      nowMs += 100;
    }
    progress.end();
    expect(sink.written.split('\n')).toEqual([
      'warmed: 1 of 50',
      'warmed: 21 of 50',
      'warmed: 41 of 50',
      'warmed: 50 of 50',
      '',
    ]);
  });

  it('goes on where nobody knows how much there is', () => {
    const sink = stream(false);
    new Progress(sink.stream).step(200, undefined, 'keys');
    expect(sink.written).toBe('keys: 200\n');
  });
});
