import { Controller, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Caller } from '#auth';
import { queries, workspaceDeletionTag } from '#cache';
import { Endpoint, listPage } from '#http';
import type { Principal, TombstoneId } from '#kernel';
import { noQuery } from '../http/project.dto.js';
import { projectTag, tombstonesTag } from '../project.cache.js';
import {
  liftedResponse,
  tombstoneParams,
  tombstonesParams,
  tombstonesQuery,
  tombstonesResponse,
  toTombstoneResponse,
} from './tombstone.dto.js';
import { TombstoneService } from './tombstone.service.js';

@Controller('v1/projects/:project/tombstones')
export class TombstoneController {
  constructor(private readonly tombstones: TombstoneService) {}

  @Endpoint('GET ', {
    summary: 'List the texts that are not to be stored in a project again, newest first, without the texts',
    access: ['memory:read'],
    response: tombstonesResponse,
    cache: {
      family: queries.name,
      tags: ({ workspace, params }) => {
        const named = { workspace, project: params['project'] ?? '' };
        return [tombstonesTag(named), projectTag(named), workspaceDeletionTag(named)];
      },
    },
  })
  async list(
    @Caller() caller: Principal,
    @Param({ schema: tombstonesParams }) { project }: z.infer<typeof tombstonesParams>,
    @Query({ schema: tombstonesQuery }) query: z.infer<typeof tombstonesQuery>,
  ) {
    return listPage(query, {
      of: ['tombstones', caller.workspaceId, project],
      load: (after: TombstoneId | undefined, limit) => this.tombstones.list(caller.workspaceId, project, after, limit),
      show: (tombstones) => tombstones.map((tombstone) => toTombstoneResponse(project, tombstone)),
    });
  }

  @Endpoint('DELETE /:id', {
    summary: 'Lift a tombstone: the text may be stored again',
    access: ['memory:write'],
    response: liftedResponse,
  })
  async lift(
    @Caller() caller: Principal,
    @Param({ schema: tombstoneParams }) { project, id }: z.infer<typeof tombstoneParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
  ) {
    await this.tombstones.lift(caller, project, id as TombstoneId);
    return { removed: { tombstones: 1 } };
  }
}
