import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ProjectEntity } from './persistence/project.entity.js';
import { ProjectRepository } from './persistence/project.repository.js';
import { TypeormProjectRepository } from './persistence/typeorm-project.repository.js';
import { ProjectCatalogueService } from './project-catalogue.service.js';
import { ProjectContents } from './project-contents.js';
import { ProjectReader } from './project.reader.js';
import { ProjectService } from './project.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([ProjectEntity])],
  providers: [
    ProjectService,
    ProjectCatalogueService,
    ProjectReader,
    ProjectContents,
    { provide: ProjectRepository, useClass: TypeormProjectRepository },
  ],
  exports: [ProjectService, ProjectCatalogueService, ProjectReader, ProjectContents],
})
export class ProjectModule {}
