import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CacheModule } from '#cache';
import { ProjectController } from './http/project.controller.js';
import { ProjectEntity, PostgresProjectRepository } from './persistence/postgres-project.repository.js';
import { ProjectRepository } from './project.js';
import { ProjectCatalogueService } from './project-catalogue.service.js';
import { ProjectCounters, ProjectObservers } from './project-contents.js';
import { ProjectReader } from './project.reader.js';
import { ProjectService } from './project.service.js';
import { ForgottenTexts } from './tombstones/forgotten-texts.js';
import { PostgresForgottenTextRepository } from './tombstones/postgres-forgotten-text.repository.js';
import { TextSecret } from './tombstones/text-secret.js';
import { TombstoneController } from './tombstones/tombstone.controller.js';
import { TombstoneService } from './tombstones/tombstone.service.js';

@Module({
  imports: [CacheModule, TypeOrmModule.forFeature([ProjectEntity])],
  providers: [
    ProjectService,
    ProjectCatalogueService,
    ProjectReader,
    ProjectCounters,
    ProjectObservers,
    ForgottenTexts,
    TombstoneService,
    TextSecret,
    PostgresForgottenTextRepository,
    { provide: ProjectRepository, useClass: PostgresProjectRepository },
  ],
  exports: [
    ProjectService,
    ProjectCatalogueService,
    ProjectReader,
    ProjectCounters,
    ProjectObservers,
    ForgottenTexts,
    TombstoneService,
  ],
})
export class ProjectModule {}

/** The routes for projects. */
@Module({ imports: [ProjectModule], controllers: [ProjectController, TombstoneController] })
export class ProjectApiModule {}
