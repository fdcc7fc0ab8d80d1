import { cpuMs } from '#test/support/hostile-texts.js';
import { rulesOf } from './rules-of.js';

describe('rulesOf', () => {
  it.each([
    ['ALWAYS run the tests before merging.', 'always'],
    ['- **Never** commit secrets to git.', 'never'],
    ['Secrets must never be logged.', 'never'],
    ['Requests MUST carry a token.', 'must'],
    ['You must not force-push to main.', 'must-not'],
    ["Don't edit generated files.", 'must-not'],
    ['Names should be short.', 'should'],
    ['Tests shouldn’t sleep.', 'should-not'],
    ['Avoid global state.', 'should-not'],
    ['Before a release, always update the changelog.', 'always'],
  ])('%s', (content, kind) => {
    const [rule] = rulesOf(content);
    expect(rule?.kind).toBe(kind);
  });

  it.each([
    ['Use pnpm for installing packages.', { what: 'pnpm', purpose: 'installing packages', insteadOf: undefined }],
    ['Use pnpm instead of npm.', { what: 'pnpm', purpose: undefined, insteadOf: 'npm' }],
    ['Prefer PostgreSQL over MongoDB for storage', { what: 'PostgreSQL', purpose: 'storage', insteadOf: 'MongoDB' }],
    ['Never use npm, always use pnpm.', { what: 'pnpm', purpose: undefined, insteadOf: 'npm' }],
    ['Never npm, always pnpm.', { what: 'pnpm', purpose: undefined, insteadOf: 'npm' }],
    ['Not npm but pnpm.', { what: 'pnpm', purpose: undefined, insteadOf: 'npm' }],
    ["Don't use npm; use pnpm instead.", { what: 'pnpm', purpose: undefined, insteadOf: 'npm' }],
    ['Do not use npm, use pnpm for installs', { what: 'pnpm', purpose: 'installs', insteadOf: 'npm' }],
    ['Instead of npm, use pnpm.', { what: 'pnpm', purpose: undefined, insteadOf: 'npm' }],
    ['Always use pnpm, never npm.', { what: 'pnpm', purpose: undefined, insteadOf: 'npm' }],
    ['Use pnpm in place of npm.', { what: 'pnpm', purpose: undefined, insteadOf: 'npm' }],
    ['Always use node:test, not mocha.', { what: 'node:test', purpose: undefined, insteadOf: 'mocha' }],
  ])('%s', (content, use) => {
    expect(rulesOf(content)).toEqual([{ kind: 'use', text: content, use }]);
  });

  it.each([
    'The service has always been slow.',
    'It was never deployed.',
    'Should we deploy on Friday?',
    '```\nALWAYS in code\n```\nplain words',
    'We use it.',
    'The hallways are always_checked.',
  ])('takes no rule from: %s', (content) => {
    expect(rulesOf(content)).toEqual([]);
  });

  it('gives the sentences that are rules, in order, each once', () => {
    const content = '# Rules\n\n1. ALWAYS test. Tests are fast, e.g. unit tests. NEVER skip them.\n2. ALWAYS test.';
    expect(rulesOf(content).map(({ text }) => text)).toEqual(['ALWAYS test.', 'NEVER skip them.']);
  });

  it('takes time in proportion to the length of a hostile text', () => {
    const tookMs = cpuMs(() => {
      for (const unit of ['use a ', 'never, ', 'must not ', 'a: ', '* ', '. ', "don't"]) rulesOf(unit.repeat(50_000));
      for (const unit of ['use a b c d not\n', 'never, \n', '- - - \n']) rulesOf(unit.repeat(20_000));
    });
    expect(tookMs).toBeLessThan(5_000);
  });
});
