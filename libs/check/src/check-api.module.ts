import { Module } from '@nestjs/common';
import { CheckModule } from './check.module.js';
import { CheckController } from './http/check.controller.js';

/** The HTTP face of checks. */
@Module({ imports: [CheckModule], controllers: [CheckController] })
export class CheckApiModule {}
