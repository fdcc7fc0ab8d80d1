export { checkFile, type FileSummary, readHeader } from './file/read-file.js';
export type { ImportTallies } from './project-import.js';
export { TransferApiModule } from './transfer-api.module.js';
export { TransferModule } from './transfer.module.js';
