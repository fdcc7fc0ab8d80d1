import { UsageError } from './cli-error.js';
import { commands, usage } from './commands.js';

describe('the commands', () => {
  it.each([
    ['serve', ['now']],
    ['serve', ['--port', '3000']],
    ['worker', ['--json']],
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
  ])('%s %j is refused before anything is opened', async (name, args) => {
    await expect(commands[name]?.run(args)).rejects.toBeInstanceOf(UsageError);
  });

  it('are all in the text that shows how to call them', () => {
    for (const { synopsis, summary } of Object.values(commands)) {
      expect(usage()).toContain(synopsis);
      expect(usage()).toContain(summary);
    }
  });
});
