import { newId, type SessionId } from '#kernel';
import { describeKeywordIndex, FakeKeywordIndex, searchScope } from './index.js';
import type { SearchScope } from '../search.js';

describe('FakeKeywordIndex', () => {
  const index = new FakeKeywordIndex();
  const newScope = (adHoc?: SearchScope) =>
    Promise.resolve(adHoc === undefined ? searchScope() : { ...searchScope(), workspaceId: adHoc.workspaceId });
  describeKeywordIndex(() => ({ index, newScope, newSession: () => Promise.resolve(newId<SessionId>()) }));
});
