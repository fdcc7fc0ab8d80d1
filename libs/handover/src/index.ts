export {
  type Handover,
  type HandoverContent,
  handoverReasons,
  type HandoverReason,
  handoverSections,
} from './handover.js';
export { HandoverApiModule, HandoverModule } from './handover.module.js';
export { HandoverService } from './handover.service.js';
export { WakeUpService } from './wake-up.service.js';
export { type HandoverCopy, HandoverTransferService } from './transfer/handover-transfer.service.js';
