import type { Api } from './api.js';
import { eventually } from './eventually.js';

/** Resolves once every new text was looked at for what it says of others. @throws where that takes longer than a minute, or has failed */
export async function conflictsFound(api: Api): Promise<void> {
  await eventually(
    async () => {
      const { body } = await api.get('/v1/jobs', { query: { name: 'context-conflicts', limit: 100 } });
      const states = (body.items as { state: string }[]).map(({ state }) => state);
      return states.length > 0 && states.every((state) => state === 'completed');
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
}
