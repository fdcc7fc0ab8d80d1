import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { loadConfig, SECRET_VARIABLES } from '#config';
import { containerOf } from './image/dockerfile.mjs';
import { DOCKER, readYaml } from './read-manifests.js';

const image = containerOf(readFileSync(join(DOCKER, 'Dockerfile'), 'utf8'));
const FILES = ['compose.yaml', 'compose.production.yaml', 'compose.observability.yaml'];
const production = readYaml('compose.production.yaml');
const observability = readYaml('compose.observability.yaml');
const ours = ['api', 'worker', 'migrate'];

/** What the product is given, secrets as the values that their files would hold. */
function environmentOf(service: string): NodeJS.ProcessEnv {
  const given: Record<string, string> = production.services[service].environment;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value.replace(/^\$\{\w+:-(.*)\}$/, '$1')]),
  );
}

describe('the compose files', () => {
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { duration: true, uri: true } });
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, 'schemas/compose-spec.json'), 'utf8'));
  // ajv knows this draft by its name without TLS.
  const isCompose = ajv.compile({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' });

  it.each(FILES)('%s is one by the Compose Specification', (file) => {
    isCompose(readYaml(file));
    expect(isCompose.errors ?? []).toEqual([]);
  });

  it('a misspelt key would be found', () => {
    expect(isCompose({ services: { api: { image: 'a', imgae: 'b' } } })).toBe(false);
  });

  it.each(FILES)('%s names files that are there, and secrets and volumes that it declares', (file) => {
    const { services, secrets = {}, volumes = {} } = readYaml(file);
    for (const [name, service] of Object.entries<any>(services)) {
      for (const secret of service.secrets ?? [])
        expect([name, Object.keys(secrets)]).toEqual([name, expect.arrayContaining([secret])]);
      const sources: string[] = (service.volumes ?? []).map((volume: string) => volume.split(':')[0]);
      const exists = (source: string) =>
        source.startsWith('.') ? existsSync(join(DOCKER, source)) : Object.keys(volumes).includes(source);
      expect(sources.filter((source) => !exists(source))).toEqual([]);
    }
  });

  it.each(ours)('%s gets variables that the product knows, with values that it takes', (service) => {
    const environment = environmentOf(service);
    const files = Object.keys(environment).filter((name) => name.endsWith('_FILE'));
    for (const name of files) expect(SECRET_VARIABLES).toContain(name.replace(/_FILE$/, ''));
    const read = {
      DATABASE_URL: 'postgres://u:p@postgres/keepsake',
      REDIS_URL: 'redis://:p@valkey:6379',
      KEEPSAKE_BOOTSTRAP_KEY: `ks_${'x'.repeat(40)}`,
      METRICS_TOKEN: 'f'.repeat(48),
    };
    for (const name of files) {
      expect(Object.keys(read)).toContain(name.replace(/_FILE$/, ''));
      delete environment[name];
    }
    const { http, database } = loadConfig({ ...environment, ...read });
    expect(database.migrateOnStart).toBe(false);
    expect(http.shutdownTimeoutMs).toBeLessThan(
      Number.parseInt(production.services[service].stop_grace_period, 10) * 1_000,
    );
  });

  it('no variable of a service is one that the product does not know', () => {
    const example = readFileSync(join(DOCKER, '../.env.example'), 'utf8');
    const known = new Set([...example.matchAll(/^#([A-Z0-9_]+)=/gm)].map(([, name]) => name));
    for (const service of ours)
      for (const name of Object.keys(environmentOf(service)))
        expect([...known, ...SECRET_VARIABLES.map((secret) => `${secret}_FILE`)]).toContain(name);
  });

  it('the product runs without root and without a root file system of its own, in replicas behind the proxy', () => {
    for (const name of ours) {
      const service = production.services[name];
      expect(service).toMatchObject({
        read_only: true,
        tmpfs: ['/tmp'],
        cap_drop: ['ALL'],
        command: [name === 'api' ? 'serve' : name],
      });
      expect(service.user).toBeUndefined();
      expect(service.deploy.resources.limits).toEqual({ cpus: expect.any(String), memory: expect.any(String) });
    }
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const { api, worker, proxy } = production.services;
    expect(api.deploy.replicas).toBeGreaterThan(1);
    expect(api.expose.map(Number)).toEqual(image.ports);
    expect(readFileSync(join(DOCKER, 'Caddyfile'), 'utf8')).toContain(`dynamic a api ${image.ports[0]}`);
    expect(proxy.depends_on.api.condition).toBe('service_healthy');
    for (const service of [api, worker])
      expect(service.depends_on).toMatchObject({
        migrate: { condition: 'service_completed_successfully' },
        postgres: { condition: 'service_healthy' },
        valkey: { condition: 'service_healthy' },
      });
  });

  it('every service that others wait for reports its health, and restarts', () => {
    for (const { services } of [production, observability])
      for (const [name, service] of Object.entries<any>(services)) {
        if (service.image === undefined) continue;
        expect([name, service.restart]).toEqual([name, expect.stringMatching(/^(unless-stopped|on-failure)$/)]);
        // Ours has it from its image.
        expect([name, ours.includes(name) || Array.isArray(service.healthcheck?.test)]).toEqual([name, true]);
      }
  });

  it('Prometheus asks every replica where it listens, with the rules that are mounted beside it', () => {
    const { rule_files: rules, scrape_configs: scrapes } = readYaml('prometheus/prometheus.compose.yml');
    const { volumes } = observability.services.prometheus;
    for (const file of ['prometheus.yml', ...rules])
      expect(volumes).toContainEqual(expect.stringContaining(`:/etc/prometheus/${file}:ro`));
    const [{ names, port }] = scrapes[0].dns_sd_configs;
    expect([names, [port]]).toEqual([['api'], image.ports]);
    const [{ names: workers, port: workerPort }] = scrapes[1].dns_sd_configs;
    expect([workers, String(workerPort)]).toEqual([['worker'], environmentOf('worker')['WORKER_METRICS_PORT']]);
    expect(production.services.worker.healthcheck.test.join(' ')).toContain(`:${workerPort}/health/live`);
    const [name] = observability.services.prometheus.secrets;
    expect(scrapes[0].authorization.credentials_file).toBe(`/run/secrets/${name}`);
    // The API is given the same file, as the token that opens the metrics alone; the guide makes it.
    expect(environmentOf('api')['METRICS_TOKEN_FILE']).toBe(`/run/secrets/${name}`);
    expect(production.services.api.secrets).toContain(name);
    expect(production.secrets[name]).toEqual(observability.secrets[name]);
    const guide = readFileSync(join(DOCKER, '../docs/guides/operations.md'), 'utf8');
    expect(guide).toMatch(new RegExp(`^for name in .*\\b${name}\\b.*; do openssl rand -hex 24 > \\$name; done$`, 'm'));
    expect(readFileSync(join(DOCKER, 'Caddyfile'), 'utf8')).toMatch(/respond \/metrics\* 404/);
  });

  it('Grafana finds its dashboards where its provisioning looks for them', () => {
    const { providers } = readYaml('grafana/provisioning/dashboards/keepsake.yml');
    const targets = observability.services.grafana.volumes.map((volume: string) => volume.split(':')[1]);
    for (const { options } of providers) expect(targets).toContain(options.path);
    expect(targets).toContain('/etc/grafana/provisioning');
    const { datasources } = readYaml('grafana/provisioning/datasources/prometheus.yml');
    expect(Object.keys(observability.services)).toContain(new URL(datasources[0].url).hostname);
  });

  it('Valkey has a password, a limit, LRU and an append-only file', () => {
    for (const { services } of [production, readYaml('compose.yaml')]) {
      const command = services.valkey.command.join(' ');
      for (const part of ['--requirepass', '--maxmemory ', '--maxmemory-policy allkeys-lru', '--appendonly yes'])
        expect(command).toContain(part);
    }
  });

  it('no password stands in the files that are for production', () => {
    for (const file of FILES.slice(1)) {
      const text = readFileSync(join(DOCKER, file), 'utf8');
      expect(text).not.toMatch(/PASSWORD:\s/);
      expect(text).not.toMatch(/:\/\/[^/\s]*:[^/\s$]+@/);
    }
    expect(readFileSync(join(DOCKER, '../.gitignore'), 'utf8')).toContain('docker/secrets/');
  });
});
