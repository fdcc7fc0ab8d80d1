// @ts-check
/**
 * Makes `kubernetes.json` and `operators.json`, the JSON Schemas that manifests are checked against, from the types of the
 * npm packages below: only the kinds that docker/kubernetes uses, and unknown fields refused. To renew them:
 *
 *   npm install --prefix <folder> kubernetes-models@5.1.0 @kubernetes-models/cloudnative-pg@2.0.0 @kubernetes-models/prometheus-operator@6.0.0
 *   node test/operations/schemas/generate.mjs <folder>
 *
 * The packages are generated from the OpenAPI documents of Kubernetes and of the operators; they are under the MIT
 * licence, and what they describe under Apache-2.0.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const FILES = {
  'kubernetes.json': {
    package: 'kubernetes-models',
    kinds: [
      'apps/v1/Deployment',
      'autoscaling/v2/HorizontalPodAutoscaler',
      'batch/v1/Job',
      'networking.k8s.io/v1/Ingress',
      'networking.k8s.io/v1/NetworkPolicy',
      'policy/v1/PodDisruptionBudget',
      'v1/ConfigMap',
      'v1/Namespace',
      'v1/Secret',
      'v1/Service',
      'v1/ServiceAccount',
      'apps/v1/StatefulSet',
    ],
  },
  'operators.json': {
    package: '@kubernetes-models',
    kinds: [
      'cloudnative-pg/postgresql.cnpg.io/v1/Cluster',
      'cloudnative-pg/postgresql.cnpg.io/v1/ScheduledBackup',
      'prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor',
      'prometheus-operator/monitoring.coreos.com/v1/PrometheusRule',
    ],
  },
};

class Schemas {
  /** @type {Record<string, object>} */
  definitions = {};
  /** @type {Map<ts.Type, string>} */
  #names = new Map();
  #checker;

  /** @param {ts.TypeChecker} checker */
  constructor(checker) {
    this.#checker = checker;
  }

  /**
   * @param {ts.Type} type
   * @returns {object}
   */
  schemaOf(type) {
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & ts.TypeFlags.BooleanLike) return { type: 'boolean' };
    if (type.flags & ts.TypeFlags.StringLike) return { type: 'string' };
    if (type.flags & ts.TypeFlags.NumberLike) return { type: 'number' };
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (type.isUnion()) return this.#union(type);
    const item = this.#checker.isArrayType(type)
      ? this.#checker.getTypeArguments(/** @type {ts.TypeReference} */ (type))[0]
      : undefined;
    if (item !== undefined) return { type: 'array', items: this.schemaOf(item) };
    return this.#object(type);
  }

  /** @param {ts.UnionType} type */
  #union(type) {
    const isNothing = (/** @type {ts.Type} */ one) => (one.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) !== 0;
    const some = [
      ...new Map(
        type.types
          .filter((one) => !isNothing(one))
          .map((one) => [JSON.stringify(this.schemaOf(one)), this.schemaOf(one)]),
      ).values(),
    ];
    const constants = some.flatMap((schema) => ('const' in schema ? [schema.const] : []));
    if (constants.length === some.length && some.length > 1) return { enum: constants };
    return some.length === 1 ? /** @type {object} */ (some[0]) : { anyOf: some };
  }

  /** @param {ts.Type} type */
  #object(type) {
    const values = this.#checker.getIndexTypeOfType(type, ts.IndexKind.String);
    const properties = this.#checker.getPropertiesOfType(type);
    if (values !== undefined && properties.length === 0)
      return { type: 'object', additionalProperties: this.schemaOf(values) };
    const name = this.#names.get(type) ?? this.#newName(type);
    if (!(name in this.definitions)) {
      this.#names.set(type, name);
      this.definitions[name] = {};
      const required = properties
        .filter((property) => !(property.flags & ts.SymbolFlags.Optional))
        .map(({ name: key }) => key);
      this.definitions[name] = {
        type: 'object',
        properties: Object.fromEntries(
          properties.map((property) => [property.name, this.schemaOf(this.#checker.getTypeOfSymbol(property))]),
        ),
        ...(required.length === 0 ? {} : { required }),
        ...(properties.length === 0
          ? {}
          : { additionalProperties: values === undefined ? false : this.schemaOf(values) }),
      };
    }
    return { $ref: `#/$defs/${name}` };
  }

  /** @param {ts.Type} type */
  #newName(type) {
    const symbol = type.aliasSymbol?.name ?? type.symbol.name;
    const base = /^(__type|__object)$/.test(symbol) ? 'part' : symbol.replace(/^I(IoK8s|ComGithub)?/, '');
    const taken = new Set(this.#names.values());
    for (let number = 0; ; number++) {
      const name = number === 0 ? base : `${base}-${number}`;
      if (!taken.has(name)) return name;
    }
  }
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('say in which folder the packages are installed');

for (const [file, { package: packageName, kinds }] of Object.entries(FILES)) {
  const paths = kinds.map((kind) => join(folder, 'node_modules', packageName, `${kind}.d.ts`));
  const program = ts.createProgram(paths, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
  });
  const schemas = new Schemas(program.getTypeChecker());
  const roots = paths.map((path, index) => {
    const kind = kinds[index] ?? '';
    const name = `I${kind.split('/').at(-1)}`;
    const declaration = program
      .getSourceFile(path)
      ?.statements.find((statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name);
    if (declaration === undefined) throw new Error(`${path} declares no ${name}`);
    const schema = schemas.schemaOf(program.getTypeChecker().getTypeAtLocation(declaration));
    // As manifests name it: `apps/v1 Deployment`; a package of an operator leads with its own name.
    return [kind.replace(/^(cloudnative-pg|prometheus-operator)\//, '').replace(/\/([^/]+)$/, ' $1'), schema];
  });
  const text = JSON.stringify({ kinds: Object.fromEntries(roots), $defs: schemas.definitions }, undefined, 1);
  writeFileSync(join(import.meta.dirname, file), `${text}\n`);
}
