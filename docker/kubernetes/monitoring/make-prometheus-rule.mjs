// @ts-check
/**
 * Writes prometheus-rule.yaml, the rules of docker/prometheus/alerts.yml as the Prometheus operator takes them:
 *   node docker/kubernetes/monitoring/make-prometheus-rule.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const { groups } = parse(readFileSync(join(import.meta.dirname, '../../prometheus/alerts.yml'), 'utf8'));
const rule = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: { name: 'keepsake', labels: { 'app.kubernetes.io/name': 'keepsake' } },
  spec: { groups },
};
const head = '# Made from docker/prometheus/alerts.yml by make-prometheus-rule.mjs.\n';
writeFileSync(join(import.meta.dirname, 'prometheus-rule.yaml'), head + stringify(rule, { lineWidth: 118 }));
