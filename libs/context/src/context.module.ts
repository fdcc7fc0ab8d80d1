import { Module } from '@nestjs/common';
import { ProjectModule } from '#project';
import { ContextObservers } from './context-observers.js';

/** Labelled, versioned memory. */
@Module({
  imports: [ProjectModule],
  providers: [ContextObservers],
  exports: [ContextObservers],
})
export class ContextModule {}
