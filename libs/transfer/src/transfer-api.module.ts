import { Module } from '@nestjs/common';
import { TransferController } from './http/transfer.controller.js';
import { TransferModule } from './transfer.module.js';

@Module({ imports: [TransferModule], controllers: [TransferController] })
export class TransferApiModule {}
