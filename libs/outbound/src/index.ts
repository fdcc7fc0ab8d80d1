export { AddressGuard } from './address-guard.js';
export { OutboundError } from './outbound.errors.js';
export { OutboundModule } from './outbound.module.js';
export { type OutboundAnswer, OutboundClient } from './outbound-client.js';
