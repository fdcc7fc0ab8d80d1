import { once } from 'node:events';
import { connect } from 'node:net';
import { Body, Controller, Get } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint } from '#http';
import { HttpTestApp } from '#http/testing';
import { type Principal, scopes, type WorkspaceId } from '#kernel';
import { api } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { ApiKeyService } from '../api-key.service.js';
import { AuthApiModule } from '../auth.module.js';
import { WorkspaceService } from '../workspace.service.js';
import { Caller } from './auth.guard.js';

const letter = z.strictObject({ text: z.string().max(10) });
const who = z.object({ id: z.string(), workspaceId: z.string() });

@Controller('rooms')
class RoomController {
  @Endpoint('GET /open', { summary: 'Anybody', access: 'public', response: z.object({}) })
  open() {
    return {};
  }

  @Endpoint('GET /known', { summary: 'Anybody with a key', access: [], response: who })
  known(@Caller() { id, workspaceId }: Principal) {
    return { id, workspaceId };
  }

  @Endpoint('POST /letters', {
    summary: 'Leave',
    access: ['memory:write'],
    status: 200,
    response: letter,
    body: 'texts',
  })
  leave(@Body({ schema: letter }) body: z.infer<typeof letter>) {
    return body;
  }

  @Endpoint('GET /both', { summary: 'With two scopes', access: ['memory:read', 'admin'], response: who })
  both(@Caller() { id, workspaceId }: Principal) {
    return { id, workspaceId };
  }
}

@Controller('forgotten')
class ForgottenController {
  @Get('door')
  door() {
    return 'open';
  }

  @Endpoint('GET /window', { summary: 'Said', access: 'public', response: z.object({}) })
  window() {
    return {};
  }

  notARoute() {}
}

describe('the guard', () => {
  let database: TestDatabase;
  let server: HttpTestApp;
  let workspaceId: WorkspaceId;
  let reader: string;
  let writer: string;
  let admin: string;
  let operator: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await HttpTestApp.start({
      databaseUrl: database.url,
      controllers: [RoomController],
      imports: [AuthApiModule],
    });
    workspaceId = (await server.app.get(WorkspaceService, { strict: false }).ensureDefault()).id;
    const caller: Principal = { id: 'test', workspaceId, scopes: new Set(scopes) };
    const keys = server.app.get(ApiKeyService, { strict: false });
    const make = async (...some: Principal['scopes'] extends ReadonlySet<infer S> ? S[] : never) =>
      (await keys.create(caller, { name: 'k', scopes: some })).key;
    reader = await make('memory:read');
    writer = await make('memory:write');
    admin = await make('memory:read', 'admin');
    operator = await make('operator');
  });
  afterAll(async () => {
    await server?.close();
    await database?.drop();
  });

  const get = (path: string, headers: Record<string, string> = {}) => api(server.url).get(path, { headers });
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  describe('T67 of a body whose sender may not send it', () => {
    /** Is 400 for whoever may: it is not JSON. */
    const broken = 'x'.repeat(8 * 1024 * 1024);
    const send = (headers: Record<string, string>) =>
      fetch(`${server.url}/rooms/letters`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: broken,
      });

    it.each([
      ['nobody', 401, () => ({})],
      ['somebody who is not known', 401, () => bearer(`ks_${'x'.repeat(40)}`)],
      ['somebody without the scope', 403, () => bearer(reader)],
    ])('nothing is parsed: %s', async (_, status, headers) => {
      const answer = await send(headers());
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toContain('problem+json');
      expect(await answer.json()).toMatchObject({ status });
      expect((await get('/rooms/open')).status).toBe(200);
    });

    it('is not asked for', async () => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        'POST /rooms/letters HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-type: application/json\r\n' +
          'content-length: 8000000\r\n\r\n',
      );
      const [first] = (await once(socket, 'data')) as [Buffer];
      expect(String(first)).toMatch(/^HTTP\/1.1 401 /);
      socket.destroy();
    });

    it('of somebody who may, it is', async () => {
      const answer = await api(server.url).post('/rooms/letters', { text: 'a' }, { headers: bearer(writer) });
      expect([answer.status, (await send(bearer(writer))).status]).toEqual([200, 400]);
    });
  });

  it('lets anybody in where the route is public, whatever credential is sent', async () => {
    expect((await get('/rooms/open')).status).toBe(200);
    expect((await get('/rooms/open', bearer('nonsense'))).status).toBe(200);
  });

  it.each([
    ['no credential', () => ({})],
    ['an empty one', () => ({ authorization: '' })],
    ['another scheme', () => ({ authorization: `Basic ${reader}` })],
    ['no scheme', () => ({ authorization: reader })],
    ['two keys', () => ({ authorization: `Bearer ${reader} ${reader}` })],
    ['a wrong key', () => bearer(`${reader}x`)],
    ['the key in another header', () => ({ 'x-api-key': reader })],
  ])('%s is answered 401, always in the same words', async (_, headers: () => Record<string, string>) => {
    const answer = await get('/rooms/known', headers());
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="keepsake"');
    expect(answer.body).toMatchObject({
      code: 'unauthenticated',
      detail: 'Send a valid credential: Authorization: Bearer <key>.',
    });
  });

  it('takes the scheme in any case, as HTTP has it', async () => {
    expect((await get('/rooms/known', { authorization: `bearer  ${reader}` })).status).toBe(200);
  });

  it('asks for every scope of the route, and names one that is missing', async () => {
    expect((await get('/rooms/both', bearer(admin))).status).toBe(200);
    expect((await get('/rooms/both', bearer(reader))).body).toMatchObject({ status: 403, code: 'missing-scope' });
    expect((await get('/rooms/both', bearer(reader))).body.detail).toContain('admin');
    expect((await get('/rooms/both', bearer(operator))).status).toBe(403);
  });

  it('gives an operator the workspace that X-Keepsake-Workspace names, and others their own', async () => {
    const other = await server.app.get(WorkspaceService, { strict: false }).create({ slug: 'other' });
    const header = { 'x-keepsake-workspace': 'other' };
    expect((await get('/rooms/known', { ...bearer(operator), ...header })).body.workspaceId).toBe(other.id);
    expect((await get('/rooms/known', { ...bearer(admin), ...header })).body.workspaceId).toBe(workspaceId);
    const nowhere = await get('/rooms/known', { ...bearer(operator), 'x-keepsake-workspace': 'nowhere' });
    expect(nowhere.body).toMatchObject({ status: 404, code: 'workspace-not-found' });
  });

  it('is asked before anything of the request is looked at', async () => {
    expect((await get('/rooms/known?surprise=1')).status).toBe(401);
  });

  it('a route that does not say who may call it ends the start', async () => {
    const starting = HttpTestApp.start({
      databaseUrl: database.url,
      controllers: [RoomController, ForgottenController],
      imports: [AuthApiModule],
    });
    await expect(starting).rejects.toThrow('No access rule: ForgottenController.door.');
  });
});
