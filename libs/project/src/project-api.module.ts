import { Module } from '@nestjs/common';
import { ProjectController } from './http/project.controller.js';
import { ProjectModule } from './project.module.js';

/** The routes for projects. */
@Module({ imports: [ProjectModule], controllers: [ProjectController] })
export class ProjectApiModule {}
