export {
  conflictStrategies,
  divide,
  identify,
  type Identity,
  type ImportTarget,
  ImportTally,
  namesOf,
} from './import-strategy.js';
export { DEFAULT_PROJECT, type Project, projectSlug } from './project.js';
export { projectCountersTag, type ProjectKey, projectTag } from './project.cache.js';
export { ProjectApiModule, ProjectModule } from './project.module.js';
export { ProjectCatalogueService } from './project-catalogue.service.js';
export { type ProjectContent, ProjectCounters, type ProjectObserver, ProjectObservers } from './project-contents.js';
export { ProjectReader } from './project.reader.js';
export { ProjectService } from './project.service.js';
export { ForgottenTexts, type GivenText } from './tombstones/forgotten-texts.js';
export { isProjectRejecting } from './tombstones/tombstone.sql.js';
export { contextRejected } from './tombstones/tombstone.js';
