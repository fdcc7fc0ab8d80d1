import { newId, type SessionId } from '#kernel';
import { describeKeywordIndex, FakeKeywordIndex, searchScope } from './index.js';
import type { SearchScope } from '../search.js';

describe('FakeKeywordIndex', () => {
  const index = new FakeKeywordIndex();
  const newScope = (beside?: SearchScope) =>
    Promise.resolve(beside === undefined ? searchScope() : { ...searchScope(), workspaceId: beside.workspaceId });
  describeKeywordIndex(() => ({ index, newScope, newSession: () => Promise.resolve(newId<SessionId>()) }));
});
