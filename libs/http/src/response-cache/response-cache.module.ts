import { Module } from '@nestjs/common';
import { AnswersFromCache } from './answers-from-cache.js';
import { ResponseVariants } from './response-variants.js';

/** For features that count what is read of them, or whose answers depend on settings. */
@Module({ providers: [AnswersFromCache, ResponseVariants], exports: [AnswersFromCache, ResponseVariants] })
export class ResponseCacheModule {}
