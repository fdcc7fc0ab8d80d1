export { DEFAULT_PROJECT, type Project } from './project.js';
export { ProjectModule } from './project.module.js';
export { ProjectReader } from './project.reader.js';
export { ProjectService } from './project.service.js';
export { projectSlug } from './project-slug.js';
