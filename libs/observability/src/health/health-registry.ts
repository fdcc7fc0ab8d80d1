import { Injectable } from '@nestjs/common';
import { Registry } from '#kernel';

export interface HealthPart {
  readonly status: 'up' | 'degraded' | 'down';
  /** Without secrets: why, where it is not up; else what there is to know. */
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
