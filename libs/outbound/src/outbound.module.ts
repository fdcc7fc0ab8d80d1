import { Module } from '@nestjs/common';
import { OutboundConfig } from '#config';
import { AddressGuard } from './address-guard.js';
import { OutboundClient } from './outbound-client.js';

/** Requests to servers that users name. */
@Module({
  providers: [
    {
      provide: AddressGuard,
      inject: [OutboundConfig],
      useFactory: ({ allowedNetworks }: OutboundConfig) => new AddressGuard(allowedNetworks),
    },
    OutboundClient,
  ],
  exports: [AddressGuard, OutboundClient],
})
export class OutboundModule {}
