export { type Handover, handoverReasons, handoverSections } from './handover.js';
export { HandoverApiModule, HandoverModule } from './handover.module.js';
export { type HandoverObserver, HandoverObservers } from './handover-observers.js';
export { HandoverService } from './handover.service.js';
export { type HandoverCopy, HandoverTransferService } from './transfer/handover-transfer.service.js';
