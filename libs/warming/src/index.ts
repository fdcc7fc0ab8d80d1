export { WarmingModule, WarmingWorkerModule } from './warming.module.js';
export { type CacheWarmer, CacheWarmers, type WarmTarget } from './cache-warmers.js';
export { CacheWarmingJob, WARMING_BOUNDS } from './cache-warming.job.js';
export { CacheWarmingService } from './cache-warming.service.js';
