export { FakeKeywordIndex } from './fake-keyword-index.js';
export { describeKeywordIndex } from './keyword-index.contract.js';
export { searchDocument, searchScope } from './search-document.factory.js';
export { RecordedChanges } from './recorded-changes.js';
export { searchConfig } from './search-config.js';
export { FakeSemanticReader } from './fake-semantic-reader.js';
