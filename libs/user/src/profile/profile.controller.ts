import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, listPage, type Preconditions } from '#http';
import type { Principal } from '#kernel';
import type { Profile, UserRef } from '../user.js';
import {
  changesQuery,
  changesResponse,
  noQuery,
  patchProfileBody,
  profileResponse,
  toChangeResponse,
  toProfileResponse,
  userParams,
} from './profile.dto.js';
import { ProfileService } from './profile.service.js';

@Controller('v1/users/:user/profile')
export class ProfileController {
  constructor(private readonly profiles: ProfileService) {}

  @Endpoint('GET ', {
    freeText: 'user',
    summary: 'Read the profile and the preferences of a user; empty where nothing is remembered of them',
    access: ['memory:read'],
    response: profileResponse,
  })
  async get(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: userParams }) { user }: z.infer<typeof userParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const of = { workspaceId, user };
    return this.tagged(of, await this.profiles.get(of), reply);
  }

  @Endpoint('PATCH ', {
    freeText: 'user',
    body: 'texts',
    summary: 'Change the profile or the preferences of a user by JSON merge patches; made where nothing is there',
    access: ['memory:write'],
    response: profileResponse,
  })
  async patch(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: userParams }) { user }: z.infer<typeof userParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: patchProfileBody }) patch: z.infer<typeof patchProfileBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const of = { workspaceId, user };
    return this.tagged(of, await this.profiles.patch(of, patch, preconditions), reply);
  }

  @Endpoint('GET /history', {
    freeText: 'user',
    summary: 'List the changes of a profile with who made them, newest first',
    access: ['memory:read'],
    response: changesResponse,
    tagged: true,
  })
  async history(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: userParams }) { user }: z.infer<typeof userParams>,
    @Query({ schema: changesQuery }) query: z.infer<typeof changesQuery>,
  ) {
    return listPage(query, {
      of: ['profile-changes', workspaceId, user],
      key: z.int(),
      load: (before, limit) => this.profiles.listChanges({ workspaceId, user }, before, limit),
      show: (changes) => changes.map(toChangeResponse),
    });
  }

  private tagged(of: UserRef, profile: Profile | null, reply: FastifyReply): z.infer<typeof profileResponse> {
    void reply.header('etag', this.profiles.tagOf(of, profile));
    return toProfileResponse(of, profile);
  }
}
