import { isWrittenAsDone, todoPriorityOf } from './session-entry.js';

describe('todoPriorityOf', () => {
  it.each([
    ['critical', 'critical'],
    [' Urgent ', 'critical'],
    ['HIGH', 'high'],
    ['medium', 'normal'],
    ['low', 'low'],
    [0, 'critical'],
    [1, 'high'],
    ['P2', 'normal'],
    ['3', 'low'],
    [99, 'low'],
    [-1, 'normal'],
    [1.5, 'normal'],
    ['constructor', 'normal'],
    [null, 'normal'],
    [['high'], 'normal'],
    [undefined, 'normal'],
  ])('reads %j as %s', (priority, expected) => {
    expect(todoPriorityOf({ priority })).toBe(expected);
  });
});

describe('isWrittenAsDone', () => {
  it.each([{ done: true }, { status: 'Done' }, { status: 'closed' }])('takes %j for done', (metadata) => {
    expect(isWrittenAsDone(metadata)).toBe(true);
  });

  it.each([{}, { done: 'true' }, { done: false }, { status: 'open' }, { status: 1 }])(
    'takes %j for open',
    (metadata) => {
      expect(isWrittenAsDone(metadata)).toBe(false);
    },
  );
});
