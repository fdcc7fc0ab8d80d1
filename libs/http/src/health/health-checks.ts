import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorResult,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { runHealthCheck, type HealthPart, HealthRegistry, type HealthSource } from '#observability';

export interface HealthReport {
  readonly status: 'up' | 'degraded' | 'down';
  readonly parts: Readonly<Record<string, HealthPart>>;
}

/**
 * Asks the registered parts with Terminus. Health is computed at each question, never remembered; a part that does not
 * answer in 800 ms is down, unless it says what it is then. Without a part that is not required the server is degraded, not down.
 */
@Injectable()
export class HealthChecks {
  constructor(
    private readonly registry: HealthRegistry,
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
  ) {}

  /** Whether the server can take requests: every required part is up or degraded. */
  async isReady(): Promise<boolean> {
    if (this.registry.isDraining) return false;
    const required = this.registry.registered.filter(({ requiredForReady }) => requiredForReady);
    return isServing(await this.ask(required, new Map()));
  }

  async report(): Promise<HealthReport> {
    const parts = new Map<string, HealthPart>();
    const { registered: sources } = this.registry;
    const result = await this.ask(sources, parts);
    const status = !isServing(result) || this.registry.isDraining ? 'down' : result.status === 'ok' ? 'up' : 'degraded';
    // In the order of their registration, whoever answered first.
    return { status, parts: Object.fromEntries(sources.map(({ name }) => [name, parts.get(name) as HealthPart])) };
  }

  /** @param parts filled with what each of them says itself */
  private async ask(sources: readonly HealthSource[], parts: Map<string, HealthPart>): Promise<HealthCheckResult> {
    try {
      return await this.checks.check(sources.map((source) => () => this.indicate(source, parts)));
    } catch (error) {
      // So Terminus says that one of them is down.
      if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }

  private async indicate(source: HealthSource, parts: Map<string, HealthPart>): Promise<HealthIndicatorResult> {
    const part = await runHealthCheck(source);
    parts.set(source.name, part);
    const indicator = this.indicators.check(source.name);
    if (part.status === 'up') return indicator.up();
    return part.status === 'down' && source.requiredForReady ? indicator.down() : indicator.degraded();
  }
}

function isServing({ status }: HealthCheckResult): boolean {
  return status === 'ok' || status === 'degraded';
}
