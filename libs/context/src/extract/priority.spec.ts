import { cpuMs } from '#test/support/hostile-texts.js';
import { detectPriority } from './priority.js';

describe('detectPriority', () => {
  it.each([
    ['Always lint.', 'always_check'],
    ['you MUST', 'always_check'],
    ['it is important, and never late', 'always_check'],
    ['(never)', 'always_check'],
    ['This is Important.', 'important'],
    ['a critical-path item', 'important'],
    ['required: yes', 'important'],
    ['plain words', 'reference'],
  ])('%j is %s', (content, priority) => {
    expect(detectPriority(content)).toBe(priority);
  });

  it.each([
    'hallways and mustard',
    'the always_check column',
    'updated_at is no UPDATE',
    'nevertheless',
    'critically unimportant',
    "you mustn't worry, it must've been so",
    'immer muß man',
    'an e\u0301must of accents',
  ])('T23 %j holds no rule: words count whole alone', (content) => {
    expect(detectPriority(content)).toBe('reference');
  });

  it('takes linear time', () => {
    const content = 'mus '.repeat(262_144);
    const tookMs = cpuMs(() => {
      expect(detectPriority(content)).toBe('reference');
    });
    expect(tookMs).toBeLessThan(2_000);
  });
});
