import { sharedTime } from './shared-time.js';

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
