import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ProjectEntity } from './persistence/project.entity.js';
import { ProjectRepository } from './persistence/project.repository.js';
import { TypeormProjectRepository } from './persistence/typeorm-project.repository.js';
import { ProjectService } from './project.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([ProjectEntity])],
  providers: [ProjectService, { provide: ProjectRepository, useClass: TypeormProjectRepository }],
  exports: [ProjectService],
})
export class ProjectModule {}
