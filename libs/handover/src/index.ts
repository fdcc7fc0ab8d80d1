export { type Handover, handoverReasons, handoverSections } from './handover.js';
export { HandoverApiModule, HandoverModule } from './handover.module.js';
export { type HandoverCopy, HandoverTransferService } from './transfer/handover-transfer.service.js';
