import { Controller, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, listPage } from '#http';
import type { Principal } from '#kernel';
import { projectCountersTag, projectListTag, projectTag } from '../project.cache.js';
import { queries, workspaceDeletionTag } from '#cache';
import { ProjectCatalogueService } from '../project-catalogue.service.js';
import {
  deleteProjectQuery,
  deletionResponse,
  noQuery,
  projectParams,
  projectsQuery,
  projectsResponse,
  surveyResponse,
  toProjectResponse,
  toSurveyResponse,
} from './project.dto.js';

@Controller('v1/projects')
export class ProjectController {
  constructor(private readonly projects: ProjectCatalogueService) {}

  @Endpoint('GET ', {
    summary: 'List projects in the order of their slugs',
    access: ['memory:read'],
    response: projectsResponse,
    cache: {
      family: queries.name,
      tags: ({ workspace }) => [projectListTag({ workspace }), workspaceDeletionTag({ workspace })],
    },
  })
  async list(@Caller() caller: Principal, @Query({ schema: projectsQuery }) query: z.infer<typeof projectsQuery>) {
    return listPage(query, {
      of: ['projects', caller.workspaceId],
      key: z.string(),
      load: (after, limit) => this.projects.list(caller.workspaceId, after, limit),
      show: (projects) => projects.map(toProjectResponse),
    });
  }

  @Endpoint('GET /:project', {
    summary: 'See how much a project holds; an unknown one holds nothing',
    access: ['memory:read'],
    response: surveyResponse,
    cache: {
      family: queries.name,
      tags: ({ workspace, params }) => {
        const named = { workspace, project: params['project'] ?? '' };
        return [projectTag(named), projectCountersTag(named), workspaceDeletionTag(named)];
      },
    },
  })
  async get(
    @Caller() caller: Principal,
    @Param({ schema: projectParams }) { project }: z.infer<typeof projectParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
  ) {
    return toSurveyResponse(project, await this.projects.survey(caller.workspaceId, project));
  }

  @Endpoint('DELETE /:project', {
    summary: 'Delete a project with everything in it, for good',
    access: ['admin'],
    response: deletionResponse,
  })
  async delete(
    @Caller() caller: Principal,
    @Param({ schema: projectParams }) { project }: z.infer<typeof projectParams>,
    @Query({ schema: deleteProjectQuery }) { confirm }: z.infer<typeof deleteProjectQuery>,
  ) {
    return { slug: project, deleted: await this.projects.delete(caller.workspaceId, project, confirm) };
  }
}
