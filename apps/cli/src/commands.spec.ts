import { UsageError } from './cli-error.js';
import { commands, usage } from './commands.js';

const ID = '01890000-0000-7000-8000-000000000000';

describe('the commands', () => {
  it.each([
    ['serve', ['now']],
    ['serve', ['--port', '3000']],
    ['worker', ['--jobs', '4']],
    ['migrate', ['--up']],
    ['migrate', ['--down=all']],
    ['doctor', ['--fix']],
    ['keys', []],
    ['keys', ['forge']],
    ['keys', ['list', 'a', 'b']],
    ['keys', ['create', '--scopes', 'admin']],
    ['keys', ['create', '--name', 'k']],
    ['keys', ['create', '--name', 'k', '--scopes', 'memory:read,everything']],
    ['keys', ['create', '--name', 'k', '--scopes', 'admin', '--expires', 'soon']],
    ['keys', ['create', '--name', ' ', '--scopes', 'admin']],
    ['keys', ['create', '--name', 'x'.repeat(101), '--scopes', 'admin']],
    ['keys', ['rotate']],
    ['keys', ['revoke']],
    ['bench', ['disk']],
    ['bench', ['--seconds', '3600']],
    ['bench', ['--callers', '0']],
    ['bench', ['--callers', '0x10']],
    ['bench', ['--seconds', '1e1']],
    ['export', []],
    ['export', ['a', 'b']],
    ['export', ['No Slug']],
    ['export', ['a', '--output', '']],
    ['export', ['a', '--output', '-', '--json']],
    ['import', []],
    ['import', ['a.gz', 'b.gz']],
    ['import', ['a.gz', '--project', '../x']],
    ['import', ['a.gz', '--conflict', 'merge']],
    ['import-transcript', []],
    ['import-transcript', ['a.json', '--project', '../x']],
    ['import-transcript', ['a.json', '--format', 'telegrams']],
    ['forget', []],
    ['forget', ['a']],
    ['forget', ['No Slug', 'l', '--reason', 'a test', '--yes']],
    ['forget', ['a', 'l', '--yes']],
    ['forget', ['a', 'l', '--reason', 'no', '--yes']],
    ['forget', ['a', 'l', '--reason', 'not confirmed']],
    ['forget', ['a', '', '--reason', 'no label', '--yes']],
    ['forget', ['a', 'l', '--id', ID, '--reason', 'two at once', '--yes']],
    ['forget', ['a', 'l', '--all-versions', '--reason', 'they are all', '--yes']],
    ['tombstones', []],
    ['tombstones', ['make', 'a']],
    ['tombstones', ['list']],
    ['tombstones', ['list', 'a', 'b']],
    ['tombstones', ['list', 'No Slug']],
    ['tombstones', ['lift', 'a', '--yes']],
    ['tombstones', ['lift', 'a', ID]],
    ['users', []],
    ['users', ['erase']],
    ['users', ['erase', ' ', '--yes']],
    ['users', ['erase', 'ada']],
    ['users', ['delete', 'ada', '--yes']],
    ['users', ['erasure']],
    ['settings', []],
    ['settings', ['change']],
    ['settings', ['set']],
    ['settings', ['set', '--redaction', 'hide']],
    ['settings', ['show', '--redaction', 'off']],
    ['settings', ['show', '--preference-schema', 'none']],
    ['limits', []],
    ['limits', ['raise', 'key:1']],
    ['limits', ['look']],
    ['limits', ['look', 'somebody']],
    ['limits', ['reset', 'key:1', '--yes']],
    ['limits', ['reset', 'key:1', '--reason', 'not confirmed']],
    ['cache', []],
    ['cache', ['empty']],
    ['cache', ['stats', '--scope', 'some']],
    ['cache', ['keys']],
    ['cache', ['keys', 'No Family']],
    ['cache', ['keys', 'context', '--limit', '0']],
    ['cache', ['keys', 'context', '--limit', '5', '--all']],
    ['cache', ['entry']],
    ['cache', ['warm']],
    ['cache', ['warm', '--project', 'a', '--all']],
    ['cache', ['warm', '--project', 'a', '--user', 'b']],
    ['cache', ['invalidate', '--all', '--yes']],
    ['cache', ['invalidate', '--all', '--reason', 'no', '--yes']],
    ['cache', ['invalidate', '--reason', 'nothing is named', '--yes']],
    ['cache', ['invalidate', '--project', 'a', '--family', 'context', '--reason', 'two at once', '--yes']],
    ['cache', ['invalidate', '--all', '--reason', 'not confirmed']],
    ['cache', ['set', '--ttl', '5m', '--reason', 'no family', '--yes']],
    ['cache', ['set', 'context', '--ttl', 'long', '--reason', 'no time', '--yes']],
    ['cache', ['set', 'context', '--enabled', 'perhaps', '--reason', 'no flag', '--yes']],
    ['cache', ['set', 'context', '--ttl', '5m', '--reason', 'not confirmed']],
  ])('%s %j is refused before anything is opened', async (name, args) => {
    await expect(commands[name]?.run(args)).rejects.toBeInstanceOf(UsageError);
  });

  const optionsOf = (synopsis: string) => [...new Set(synopsis.match(/--[a-z-]+/g))];
  const everyOption = Object.entries(commands).flatMap(([name, { synopsis }]) =>
    optionsOf(synopsis).map((option) => [name, option] as const),
  );

  it.each(everyOption)(
    '%s %s with a value that looks like an option, or with none, is refused in one sentence',
    async (name, option) => {
      const refusals = [
        [option, '-1'],
        [option, '--nothing'],
        ['--no-such', option],
        [`${option}=a`, `${option}=b`],
      ];
      for (const args of refusals) {
        const error: unknown = await commands[name]!.run(args).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(UsageError);
        const [sentence = '', ...rest] = (error as UsageError).message.split('\n\nUsage: keepsake ');
        expect(rest).toEqual([commands[name]!.synopsis]);
        expect(sentence).toMatch(
          /^(There is no option --?[\w-]+|--[\w-]+ (needs a value, and "(-1|--nothing)" looks like an option: write --[\w-]+=(-1|--nothing) where it is meant|takes no value|is there twice))\.$/,
        );
      }
    },
  );

  it('are all in the text that shows how to call them', () => {
    for (const { synopsis, summary } of Object.values(commands)) {
      expect(usage()).toContain(synopsis);
      expect(usage()).toContain(summary);
    }
  });
});
