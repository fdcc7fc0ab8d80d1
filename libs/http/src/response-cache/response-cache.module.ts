import { Module } from '@nestjs/common';
import { AnswersFromCache } from './answers-from-cache.js';

/** For features that count what is read of them. */
@Module({ providers: [AnswersFromCache], exports: [AnswersFromCache] })
export class ResponseCacheModule {}
