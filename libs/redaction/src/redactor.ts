import { Injectable } from '@nestjs/common';
import {
  type RedactableRequest,
  RefusedElement,
  type RequestRedaction,
  RequestRedactions,
  type RouteRedaction,
} from '#http';
import { DomainError, type WorkspaceId } from '#kernel';
import { findRequestContext, type Labels, ScrapedMetrics } from '#observability';
import { type RedactionSettings, SettingsService } from '#settings';
import { Redaction, type RedactionReport } from './redaction.js';

interface Counted {
  readonly labels: Labels;
  count: number;
}

/** Looks for secrets in all that is to be stored, as the settings of its workspace say. */
@Injectable()
export class Redactor implements RequestRedaction {
  private readonly counts = new Map<string, Counted>();
  /** By request: what the work makes of it is looked at by the same settings, and reported with it. */
  private readonly begun = new WeakMap<object, Redaction>();

  constructor(
    private readonly settings: SettingsService,
    redactions: RequestRedactions,
    metrics: ScrapedMetrics,
  ) {
    redactions.register(this);
    metrics.counter('redactions_total', 'Secrets found in what was to be stored, by kind and what was done', () =>
      [...this.counts.values()].map(({ labels, count }) => [labels, count]),
    );
  }

  /** For the request that is served now; one for all of it. */
  async begin(workspaceId: WorkspaceId): Promise<Redaction> {
    const request = findRequestContext()?.caller;
    const begun = request === undefined ? undefined : this.begun.get(request);
    if (begun !== undefined) return begun;
    const { redaction: settings } = await this.settings.get(workspaceId);
    const redaction = new Redaction(settings, (kind, mode) => this.count(kind, mode));
    if (request !== undefined) this.begun.set(request, redaction);
    return redaction;
  }

  async redact(request: RedactableRequest, workspaceId: WorkspaceId, { except, apart }: RouteRedaction): Promise<void> {
    const redaction = await this.begin(workspaceId);
    if (redaction.isOff) return;
    await redaction.redactAddress(request.params, { pointer: '', in: 'path' });
    await redaction.redactAddress(request.query, { pointer: '', in: 'query' });
    const { idempotencyKey } = request;
    await redaction.redactAddress({ 'idempotency-key': idempotencyKey }, { pointer: '', in: 'header' });
    const body = request.body as Record<string, unknown> | undefined;
    const elements = apart === undefined ? undefined : body?.[apart];
    if (apart === undefined || body?.['atomic'] !== false || !Array.isArray(elements)) {
      await redaction.redact(body, { pointer: '', except });
      return;
    }
    await redaction.redact(body, { pointer: '', except: [...(except ?? []), apart] });
    await redactEach(redaction, elements, `/${apart}`);
  }

  report(): RedactionReport | undefined {
    const request = findRequestContext()?.caller;
    return request === undefined ? undefined : this.begun.get(request)?.report;
  }

  private count(kind: string, mode: RedactionSettings['mode']): void {
    const counted = this.counts.get(`${kind} ${mode}`) ?? { labels: { kind, mode }, count: 0 };
    counted.count++;
    this.counts.set(`${kind} ${mode}`, counted);
  }
}

/** One that is refused does not refuse the others. */
async function redactEach(redaction: Redaction, elements: unknown[], pointer: string): Promise<void> {
  for (const [index, element] of elements.entries()) {
    try {
      await redaction.redact(element, { pointer: `${pointer}/${index}` });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      elements[index] = new RefusedElement(error);
    }
  }
}
