import { Module } from '@nestjs/common';
import { ContextModule } from '#context';
import { SearchModule } from '#search';
import { CheckService } from './check.service.js';
import { CheckController } from './http/check.controller.js';

/** What to heed before doing something. It keeps nothing itself: it reads contexts and searches. */
@Module({ imports: [ContextModule, SearchModule], providers: [CheckService], exports: [CheckService] })
class CheckModule {}

/** The HTTP face of checks. */
@Module({ imports: [CheckModule], controllers: [CheckController] })
export class CheckApiModule {}
