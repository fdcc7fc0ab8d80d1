import { Injectable } from '@nestjs/common';
import { Registry, withinTime } from '#kernel';

export interface HealthPart {
  readonly status: 'up' | 'degraded' | 'down';
  /** Without secrets: why, where it is not up; else what there is to know. */
  readonly detail?: string;
}

/** A part of the product that can say how it is now. */
export interface HealthSource {
  readonly name: string;
  /** Whether the server is not ready without it. */
  readonly requiredForReady: boolean;
  /** What a part is that does not answer in time; down where absent. Of what the product goes on without. */
  readonly whenLate?: HealthPart;
  /** Asks the part itself, now. A rejection means down. */
  check(): Promise<HealthPart>;
}

/** Every part registers itself here; who is asked for health asks them, each time. */
@Injectable()
export class HealthRegistry extends Registry<HealthSource> {
  private draining = false;

  /** From now on the server is not ready: it finishes what it has and takes nothing new. */
  startDraining(): void {
    this.draining = true;
  }

  get isDraining(): boolean {
    return this.draining;
  }
}

/** Whoever asks is to know within a second what became of a part. */
const CHECK_TIMEOUT_MS = 800;

/** Asks one part now. One that fails is down, and so is one that does not answer in 800 ms, unless it says otherwise. */
export async function runHealthCheck(source: HealthSource): Promise<HealthPart> {
  const late: HealthPart = source.whenLate ?? { status: 'down', detail: `No answer within ${CHECK_TIMEOUT_MS} ms.` };
  try {
    return await withinTime<HealthPart>(
      CHECK_TIMEOUT_MS,
      () => source.check(),
      () => late,
    );
  } catch {
    return { status: 'down', detail: 'The check failed.' };
  }
}
