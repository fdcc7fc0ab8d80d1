export { checkFile, type FileSummary, readHeader } from './file/read-file.js';
export { TransferApiModule } from './transfer.module.js';
