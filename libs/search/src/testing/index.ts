export { FakeKeywordIndex } from './fake-keyword-index.js';
export { describeKeywordIndex } from './keyword-index.contract.js';
export { searchScope } from './search-document.factory.js';
