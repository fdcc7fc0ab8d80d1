export { DEFAULT_PROJECT, type Project } from './project.js';
export { ProjectApiModule } from './project-api.module.js';
export { ProjectCatalogueService, type ProjectCounts } from './project-catalogue.service.js';
export { type ProjectContent, ProjectContents } from './project-contents.js';
export { ProjectModule } from './project.module.js';
export { ProjectReader } from './project.reader.js';
export { ProjectService } from './project.service.js';
export { projectSlug } from './project-slug.js';
