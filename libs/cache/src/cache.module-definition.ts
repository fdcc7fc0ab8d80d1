import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { CacheSettings } from './cache-engine.js';

/** Made by the builder: `CacheModule.forRoot(settings)` and `CacheModule.forRootAsync({ inject, useFactory })`. */
export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<CacheSettings>()
  .setClassMethodName('forRoot')
  .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
  .build();
