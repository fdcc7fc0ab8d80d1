import { Global, Module } from '@nestjs/common';

/**
 * The time that all processes of an installation share, in whole milliseconds since the Unix epoch.
 *
 * It runs on the monotonic clock of the process, so a step of the machine's clock does not move it, and is set by
 * samples of a clock that all processes ask: that of the database. Once set it never steps back: where a sample is
 * behind, it goes on at no more than half its pace until it is met.
 */
export class SharedTime {
  private offsetMs: number;
  private lastMs = 0;
  /** Of the last sample, by the monotonic clock; undefined before the first. */
  private setAtMs: number | undefined;

  /** @param monotonicMs milliseconds since whenever, never falling */
  constructor(
    startMs: number,
    private readonly monotonicMs: () => number,
  ) {
    this.offsetMs = startMs - monotonicMs();
  }

  nowMs(): number {
    this.lastMs = Math.max(this.lastMs, Math.floor(this.monotonicMs() + this.offsetMs));
    return this.lastMs;
  }

  /** @param sampleMs what the shared clock says now. The first one is taken as it is: nothing was stored before it. */
  set(sampleMs: number): void {
    const atMs = this.monotonicMs();
    const stepMs = sampleMs - (atMs + this.offsetMs);
    if (this.setAtMs === undefined) {
      this.lastMs = 0;
      this.offsetMs += stepMs;
    } else {
      this.offsetMs += Math.max(stepMs, (this.setAtMs - atMs) / 2);
    }
    this.setAtMs = atMs;
  }
}

export const sharedTime = new SharedTime(Date.now(), () => performance.now());

/** The only source of time for product code, so that tests can move it. */
export abstract class Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. */
  abstract nowMs(): number;

  now(): Date {
    return new Date(this.nowMs());
  }
}

/** The time that the processes of an installation share. */
export class SystemClock extends Clock {
  nowMs(): number {
    return sharedTime.nowMs();
  }
}

@Global()
@Module({ providers: [{ provide: Clock, useClass: SystemClock }], exports: [Clock] })
export class KernelModule {}
