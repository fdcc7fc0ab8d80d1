import { cpuMs } from '#test/support/hostile-texts.js';
import { type Rule, rulesOf } from './rules-of.js';
import { statementsOf, violationOf } from './violations-of.js';

const violationsOf = (rules: readonly Rule[], text: string) => {
  const statements = statementsOf(text);
  return rules.flatMap((rule) => violationOf(rule, statements) ?? []);
};
const broken = (rules: string, text: string) => violationsOf(rulesOf(rules), text).map(({ sentence }) => sentence);

describe('violationOf', () => {
  it.each([
    ['NEVER deploy on Fridays.', 'I will deploy the API on Friday.'],
    ['NEVER deploy on Fridays, it ruins weekends.', 'Deploying this Friday.'],
    ['Never commit secrets to git.', 'First I commit the secrets to git.'],
    ['Secrets must never be committed to git.', 'I am going to commit all secrets to git.'],
    ['Secrets must not be committed.', 'The secrets are committed.'],
    ['Never deploy without tests.', 'Deploy it without tests.'],
    ["Don't force-push to main", 'git push, then force-push to main'],
    ['Avoid global state.', 'Keep it in a global state.'],
    ['ALWAYS run the tests before merging.', 'I merge it without running the tests.'],
    ['ALWAYS run the tests before merging.', 'Then skip the tests and merge.'],
    ['You must review every change.', 'I will not review this change.'],
    ['Use pnpm instead of npm.', 'I run npm install.'],
    ['Use pnpm instead of npm.', 'I use npm instead of pnpm'],
    ['Use pnpm instead of npm.', 'I run npm install instead of pnpm install.'],
    ['Use pnpm instead of npm.', 'Instead of pnpm, I use npm.'],
    ['Use pnpm instead of npm.', 'I use npm, not pnpm.'],
    ['Use pnpm instead of npm.', 'We switch from pnpm to npm.'],
    ['Use pnpm instead of npm.', 'Replace pnpm with npm.'],
    ['Use pnpm instead of npm.', 'I prefer npm over pnpm.'],
    ['Prefer PostgreSQL over MongoDB for storage', 'We choose MongoDB rather than PostgreSQL.'],
    ['Never use npm, always use pnpm.', 'I use npm.'],
    ['Never npm, always pnpm.', 'I use npm instead of pnpm.'],
    ['Always use pnpm, never npm.', 'I run npm install.'],
    ['Not npm but pnpm.', 'I use npm.'],
    ["Don't use npm; use pnpm instead.", 'I use the npm client.'],
    ['Instead of npm, use pnpm.', 'I use npm in place of pnpm.'],
    ['Use PostgreSQL for storage.', 'We use MongoDB for storage.'],
    ['Use pnpm for installing packages.', 'Using yarn to install the packages.'],
  ])('%s is broken by: %s', (rule, text) => {
    expect(broken(rule, text)).toEqual([text]);
  });

  it.each([
    ['NEVER deploy on Fridays.', 'I will not deploy on Friday.'],
    ['NEVER deploy on Fridays.', 'I deploy on Monday.'],
    ['NEVER deploy on Fridays.', 'Should I deploy on Friday?'],
    ['NEVER deploy on Fridays.', 'On Friday I read about how they deploy elsewhere.'],
    ['NEVER deploy on Fridays.', 'Never deploy on Fridays.'],
    ['NEVER deploy on Fridays.', 'We deployed on Friday last week.'],
    ['NEVER deploy on Fridays unless it is a fix.', 'I deploy on Friday.'],
    ['Never push to main.', 'Push main to staging.'],
    ['Never deploy without tests.', 'Deploy it with tests.'],
    ['Never deploy when the tests fail.', 'Deploy it, the tests pass.'],
    ['Never panic.', 'The panic is over.'],
    ['ALWAYS run the tests before merging.', 'I run the tests, then merge.'],
    ['ALWAYS run the tests before merging.', 'I merge it.'],
    ['ALWAYS run the tests.', "Don't skip the tests."],
    ['ALWAYS ask when unsure.', 'I will not ask when sure.'],
    ['Use pnpm instead of npm.', 'I run pnpm install, as npm would.'],
    ['Use pnpm instead of npm.', 'I use pnpm instead of npm.'],
    ['Use pnpm instead of npm.', 'I use pnpm, not npm.'],
    ['Use pnpm instead of npm.', 'I do not use npm instead of pnpm.'],
    ['Use pnpm instead of npm.', 'We switch from npm to pnpm.'],
    ['Use pnpm instead of npm.', 'Replace npm with pnpm.'],
    ['Use pnpm instead of npm.', 'I use yarn instead of pnpm.'],
    ['Never use npm, always use pnpm.', 'I use pnpm.'],
    ['Not npm but pnpm.', 'I use pnpm rather than npm.'],
    ['Use PostgreSQL for storage.', 'We use the new disk for storage.'],
    ['Use PostgreSQL for storage.', 'We use MongoDB for caching.'],
    ['Use PostgreSQL for storage.', 'We use PostgreSQL for storage.'],
    ['Use PostgreSQL for storage.', 'We do not use MongoDB for storage.'],
  ])('%s is not broken by: %s', (rule, text) => {
    expect(broken(rule, text)).toEqual([]);
  });

  it('shows the words that it rests on', () => {
    const [violation] = violationsOf(
      rulesOf('NEVER deploy on Fridays.'),
      'Plan:\n- fix it\n- Deploy the fix on friday',
    );
    expect(violation).toMatchObject({
      rule: { kind: 'never', text: 'NEVER deploy on Fridays.' },
      sentence: 'Deploy the fix on friday',
      words: ['Deploy', 'friday'],
    });
  });

  it('takes little time for many rules and a long text', () => {
    const rules = Array.from({ length: 100 }, (_, n) => `NEVER deploy thing ${n} to place ${n}.`).join('\n');
    const text = 'deploy thing 3 of the place 4 to '.repeat(600);
    const tookMs = cpuMs(() => {
      violationsOf(rulesOf(rules), text);
    });
    expect(tookMs).toBeLessThan(3_000);
  });
});
