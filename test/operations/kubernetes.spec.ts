import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { loadConfig } from '#config';
import { containerOf } from './image/dockerfile.mjs';
import { DOCKER, filesOf, foldersOf, type Manifest, readManifests, readYaml } from './read-manifests.js';

const image = containerOf(readFileSync(join(DOCKER, 'Dockerfile'), 'utf8'));
const manifests = readManifests();
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
const one = (kind: string, name: string) => {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
};
const deployments = ofKind('Deployment');
const containersOf = ({ spec }: Manifest): any[] => [
  ...(spec.template.spec.initContainers ?? []),
  ...spec.template.spec.containers,
];
const selects = (selector: Record<string, string>, labels: Record<string, string>) =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);
const { data: settings = {} } = one('ConfigMap', 'keepsake');

/** Of the kinds that are used, generated from the types of Kubernetes 1.34, CloudNativePG and the Prometheus operator. */
const schemas = ['kubernetes.json', 'operators.json'].map((name) =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'schemas', name), 'utf8')),
) as { kinds: Record<string, object>; $defs: object }[];

function problemsOf({ file, ...manifest }: Manifest): unknown[] {
  const kind = `${manifest.apiVersion} ${manifest.kind}`;
  const schema = schemas.find(({ kinds }) => kind in kinds);
  if (schema === undefined) return [`no schema for ${kind} in ${file}`];
  const isValid = new Ajv({ strict: false, allErrors: true }).compile({ ...schema.kinds[kind], $defs: schema.$defs });
  return isValid(manifest) ? [] : (isValid.errors ?? []);
}

describe('the Kubernetes manifests', () => {
  it.each(
    manifests.map((manifest) => [`${manifest.file}: ${manifest.kind} ${manifest.metadata.name}`, manifest] as const),
  )('%s is one by its schema', (_, manifest) => {
    expect(problemsOf(manifest)).toEqual([]);
  });

  it('a misspelt or missing field would be found', () => {
    const deployment = one('Deployment', 'keepsake-api');
    expect(problemsOf({ ...deployment, spec: { ...deployment.spec, replica: 3 } })).not.toEqual([]);
    expect(problemsOf({ ...deployment, spec: { selector: deployment.spec.selector } })).not.toEqual([]);
  });

  it.each(foldersOf('kubernetes').filter((folder) => filesOf(folder).includes('kustomization.yaml')))(
    '%s lists all of its files, and what it lists is there',
    (folder) => {
      const { resources = [], components = [], patches = [], ...rest } = readYaml(`${folder}/kustomization.yaml`);
      const own = resources.filter((name: string) => name.endsWith('.yaml'));
      const present = filesOf(folder).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
      expect(present.toSorted()).toEqual(own.toSorted());
      for (const other of [...components, ...resources.filter((name: string) => !name.endsWith('.yaml'))])
        expect(filesOf(join(folder, other))).toContain('kustomization.yaml');
      for (const { target } of patches) expect(one(target.kind, target.name)).toBeDefined();
      expect(Object.keys(rest).filter((key) => !['apiVersion', 'kind', 'namespace', 'images'].includes(key))).toEqual(
        [],
      );
    },
  );

  it('the settings are ones that the product knows and takes', () => {
    const known = [...readFileSync(join(DOCKER, '../.env.example'), 'utf8').matchAll(/^#([A-Z0-9_]+)=/gm)].map(
      ([, name]) => name,
    );
    for (const deployment of deployments)
      for (const { env = [] } of containersOf(deployment)) for (const { name } of env) expect(known).toContain(name);
    for (const name of Object.keys(settings)) expect(known).toContain(name);
    const { http, database } = loadConfig({
      ...settings,
      DATABASE_URL: 'postgres://u:p@db/k',
      REDIS_URL: 'redis://:p@valkey',
    });
    expect(database.migrateOnStart).toBe(false);
    for (const { spec } of deployments)
      expect(http.shutdownTimeoutMs).toBeLessThan(spec.template.spec.terminationGracePeriodSeconds * 1_000);
    const [limit] = Object.values(one('Ingress', 'keepsake').metadata as any).flatMap(
      (part: any) => part['nginx.ingress.kubernetes.io/proxy-body-size'] ?? [],
    );
    expect(Number.parseInt(limit, 10) * 1024 * 1024).toBe(http.bodyLimitBytes);
  });

  it('ports, probes and selectors meet', () => {
    const [api] = one('Deployment', 'keepsake-api').spec.template.spec.containers;
    const { labels } = one('Deployment', 'keepsake-api').spec.template.metadata;
    expect(api.ports.map(({ containerPort }: any) => containerPort)).toEqual(image.ports);
    expect(Number(settings['PORT'])).toBe(image.ports[0]);
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
      expect(api[probe].httpGet).toEqual({
        path: probe === 'readinessProbe' ? '/health/ready' : '/health/live',
        port: api.ports[0].name,
      });
    const service = one('Service', 'keepsake');
    expect(selects(service.spec.selector, labels)).toBe(true);
    expect(service.spec.ports[0].targetPort).toBe(api.ports[0].name);
    expect(one('Ingress', 'keepsake').spec.rules[0].http.paths[0].backend.service).toEqual({
      name: 'keepsake',
      port: { name: service.spec.ports[0].name },
    });
    const monitor = one('ServiceMonitor', 'keepsake');
    expect(selects(monitor.spec.selector.matchLabels, service.metadata.labels ?? {})).toBe(true);
    expect(monitor.spec.endpoints[0].port).toBe(service.spec.ports[0].name);
    const [worker] = one('Deployment', 'keepsake-worker').spec.template.spec.containers;
    const workers = one('Service', 'keepsake-worker');
    expect(worker.ports).toEqual([{ name: 'metrics', containerPort: workers.spec.ports[0].port }]);
    expect(worker.env).toContainEqual({ name: 'WORKER_METRICS_PORT', value: String(workers.spec.ports[0].port) });
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
      expect(worker[probe].httpGet.port).toBe('metrics');
    expect(selects(monitor.spec.selector.matchLabels, workers.metadata.labels ?? {})).toBe(true);
    expect(monitor.spec.endpoints[1].port).toBe(workers.spec.ports[0].name);
    expect(one('NetworkPolicy', 'keepsake-worker').spec.ingress[0].ports[0].port).toBe(workers.spec.ports[0].port);
    for (const { spec } of deployments)
      expect(selects(spec.selector.matchLabels, spec.template.metadata.labels)).toBe(true);
    for (const { spec } of ofKind('NetworkPolicy'))
      expect(
        deployments.some(({ spec: { template } }) => selects(spec.podSelector.matchLabels, template.metadata.labels)),
      ).toBe(true);
    expect(one('NetworkPolicy', 'keepsake-api').spec.ingress[0].ports[0].port).toBe(image.ports[0]);
  });

  it('the rules are those of docker/prometheus: make-prometheus-rule.mjs renews them', () => {
    expect(one('PrometheusRule', 'keepsake').spec.groups).toEqual(readYaml('prometheus/alerts.yml').groups);
  });

  it('several replicas of API and worker, spread out, and never all away at once', () => {
    const autoscaler = one('HorizontalPodAutoscaler', 'keepsake-api');
    expect(autoscaler.spec.scaleTargetRef.name).toBe('keepsake-api');
    expect(one('Deployment', 'keepsake-api').spec.replicas).toBeUndefined();
    expect(autoscaler.spec.minReplicas).toBeGreaterThan(one('PodDisruptionBudget', 'keepsake-api').spec.minAvailable);
    expect(one('Deployment', 'keepsake-worker').spec.replicas).toBeGreaterThan(1);
    for (const { spec, metadata } of deployments) {
      const budget = one('PodDisruptionBudget', metadata.name);
      expect(selects(budget.spec.selector.matchLabels, spec.template.metadata.labels)).toBe(true);
      for (const { labelSelector } of spec.template.spec.topologySpreadConstraints)
        expect(labelSelector.matchLabels).toEqual(spec.template.metadata.labels);
    }
    // More connections than PostgreSQL takes would make the last replicas fail.
    const pods = autoscaler.spec.maxReplicas + one('Deployment', 'keepsake-worker').spec.replicas;
    const { max_connections: most } = one('Cluster', 'keepsake-postgres').spec.postgresql.parameters;
    expect(pods * Number(settings['DATABASE_POOL_SIZE'])).toBeLessThan(Number(most));
  });

  it('no container has root, a writable root file system or a privilege, and each has its limits', () => {
    const [uid] = image.user.split(':').map(Number);
    for (const deployment of deployments) {
      expect(deployment.spec.template.spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: uid,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(deployment.spec.template.spec.automountServiceAccountToken).toBe(false);
      for (const container of containersOf(deployment)) {
        expect(container.image).toBe('keepsake');
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources).toMatchObject({
          requests: { cpu: expect.any(String), memory: expect.any(String) },
          limits: { memory: expect.any(String) },
        });
        expect(container.volumeMounts).toEqual([{ name: 'tmp', mountPath: '/tmp' }]);
      }
    }
  });

  it('every secret that is read is made by the operator, or described in the guide', () => {
    const guide = readFileSync(join(DOCKER, '../docs/guides/operations.md'), 'utf8');
    const cluster = one('Cluster', 'keepsake-postgres').metadata.name;
    const read = deployments
      .flatMap(containersOf)
      .flatMap(({ env = [] }) => env)
      .flatMap(({ valueFrom }: any) => valueFrom?.secretKeyRef ?? []);
    const { credentials } = one('ServiceMonitor', 'keepsake').spec.endpoints[0].authorization;
    const [api] = one('Deployment', 'keepsake-api').spec.template.spec.containers;
    expect(api.env).toContainEqual({ name: 'METRICS_TOKEN', valueFrom: { secretKeyRef: credentials } });
    const { usersExistingSecret, aclUsers } = readYaml('kubernetes/valkey/values.yaml').auth;
    const refs = [...read, credentials, { name: usersExistingSecret, key: aclUsers.default.passwordKey }];
    expect(refs.filter(({ name }) => name === `${cluster}-app`).every(({ key }) => key === 'uri')).toBe(true);
    const reported = refs.filter(({ name }) => name !== `${cluster}-app`);
    expect(new Set(reported.map(({ name }) => name))).toEqual(new Set(['keepsake']));
    for (const { key } of reported) expect(guide).toContain(`--from-literal=${key}=`);
  });

  it('Valkey has a password, a limit below that of its container, LRU and an append-only file', () => {
    const { auth, valkeyConfig, dataStorage } = readYaml('kubernetes/valkey/values.yaml');
    expect(auth.enabled).toBe(true);
    for (const line of ['maxmemory 1gb', 'maxmemory-policy allkeys-lru', 'appendonly yes'])
      expect(valkeyConfig.split('\n')).toContain(line);
    expect(dataStorage.enabled).toBe(true);
  });
});
