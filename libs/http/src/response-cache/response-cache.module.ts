import { Module } from '@nestjs/common';
import { CachedResponseListeners } from './cached-response-listeners.js';
import { ResponseVariants } from './response-variants.js';

/** For features that count what is read of them, or whose answers depend on settings. */
@Module({
  providers: [CachedResponseListeners, ResponseVariants],
  exports: [CachedResponseListeners, ResponseVariants],
})
export class ResponseCacheModule {}
