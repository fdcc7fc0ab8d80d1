import { Injectable } from '@nestjs/common';

export interface HealthPart {
  readonly status: 'up' | 'degraded' | 'down';
  /** Why, in one sentence without secrets, where it is not up. */
  readonly detail?: string;
}

/** A part of the product that can tell how it is now. */
export interface HealthSource {
  readonly name: string;
  /** Whether the server is not ready without it. */
  readonly requiredForReady: boolean;
  /** Asks the part itself, now. A rejection means down. */
  check(): Promise<HealthPart>;
}

export interface HealthReport {
  readonly status: 'up' | 'degraded' | 'down';
  readonly parts: Readonly<Record<string, HealthPart>>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** Every part registers itself here; health is computed at each question, never remembered. */
@Injectable()
export class HealthRegistry {
  private readonly sources: HealthSource[] = [];
  private draining = false;

  register(source: HealthSource): void {
    this.sources.push(source);
  }

  /** From now on the server is not ready: it finishes what it has and takes nothing new. */
  startDraining(): void {
    this.draining = true;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  /** Whether the server can take requests: every required part is up or degraded. */
  async isReady(): Promise<boolean> {
    if (this.draining) return false;
    const parts = await Promise.all(this.sources.filter((source) => source.requiredForReady).map(ask));
    return parts.every((part) => part.status !== 'down');
  }

  async report(): Promise<HealthReport> {
    const parts = await Promise.all(
      this.sources.map(async (source) => [source.name, source.requiredForReady, await ask(source)] as const),
    );
    const isDown = this.draining || parts.some(([, required, part]) => required && part.status === 'down');
    const isDegraded = parts.some(([, , part]) => part.status !== 'up');
    return {
      status: isDown ? 'down' : isDegraded ? 'degraded' : 'up',
      parts: Object.fromEntries(parts.map(([name, , part]) => [name, part])),
    };
  }
}

async function ask(source: HealthSource): Promise<HealthPart> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<HealthPart>((settle) => {
    timer = setTimeout(
      () => settle({ status: 'down', detail: `No answer within ${CHECK_TIMEOUT_MS} ms.` }),
      CHECK_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([source.check(), tooLate]);
  } catch {
    return { status: 'down', detail: 'The check failed.' };
  } finally {
    clearTimeout(timer);
  }
}
