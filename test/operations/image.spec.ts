import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { containerOf, stagesOf } from './image/dockerfile.mjs';
import { DOCKER } from './read-manifests.js';

const text = readFileSync(join(DOCKER, 'Dockerfile'), 'utf8');
const container = containerOf(text);
const stages = stagesOf(text);
const root = join(DOCKER, '..');

describe('the image', () => {
  it('runs as a numbered user without root, and stops by the signal that drains', () => {
    expect(container.user).toBe('10001:10001');
    expect(container.stopSignal).toBe('SIGTERM');
    expect(container.entrypoint).toEqual(['node', '/app/bin/keepsake.mjs']);
    expect(container.command).toEqual(['serve']);
  });

  it('listens where it says, keeps its data in its volume, and asks itself how it is', () => {
    expect(container.ports.map(String)).toEqual([container.env['PORT']]);
    expect(container.env['HOST']).toBe('0.0.0.0');
    expect(container.volumes).toEqual([container.env['KEEPSAKE_DATA_DIR']]);
    expect(container.health.join(' ')).toContain('/health/live');
  });

  it('holds no development dependency and no sources', () => {
    const last = stages.at(-1)?.instructions ?? [];
    const copied = last.filter(({ name }) => name === 'COPY');
    expect(copied.filter(({ flags }) => flags['from'] === 'build').map(({ text: what }) => what)).toEqual([
      '/build/dist ./dist',
    ]);
    const modules = copied.find(({ text: what }) => what.includes('node_modules'))?.flags['from'];
    const install = stages.find(({ name }) => name === modules)?.instructions.find(({ name }) => name === 'RUN');
    expect(install?.text).toContain('--omit=dev');
  });

  it('is built of what .dockerignore lets through, on a Node that package.json allows', () => {
    const allowed = readFileSync(join(root, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = stages
      .flatMap(({ instructions }) => instructions)
      .filter(({ name, flags }) => name === 'COPY' && flags['from'] === undefined)
      .flatMap(({ text: what }) => what.split(/\s+/).slice(0, -1));
    expect([...new Set(copied)].toSorted()).toEqual(allowed.toSorted());
    const [, oldest = 0] =
      /(\d+)/.exec(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node) ?? [];
    for (const { image } of stages)
      expect(Number(/^node:(\d+)-/.exec(image)?.[1])).toBeGreaterThanOrEqual(Number(oldest));
  });

  it('a Dockerfile is read with its flags, variables and continued lines', () => {
    const [build, last] = stagesOf(
      'ARG A=node:1-x\nFROM ${A} AS build\nRUN a \\\n  && b\nFROM $A\nCOPY --from=build --chown=1:1 /a ./b\n',
    );
    expect(build).toEqual({
      image: 'node:1-x',
      name: 'build',
      instructions: [{ name: 'RUN', flags: {}, text: 'a && b' }],
    });
    expect(last?.instructions).toEqual([{ name: 'COPY', flags: { from: 'build', chown: '1:1' }, text: '/a ./b' }]);
  });
});
