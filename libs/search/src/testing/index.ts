export { FakeKeywordIndex } from './fake-keyword-index.js';
export { describeKeywordIndex } from './keyword-index.contract.js';
export { searchDocument, searchScope } from './search-document.factory.js';
