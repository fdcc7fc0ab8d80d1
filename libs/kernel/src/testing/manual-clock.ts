import { Clock } from '../clock.js';

/** A clock that stands still until a test moves it. */
export class ManualClock extends Clock {
  constructor(private timeMs = Date.UTC(2030, 0, 1)) {
    super();
  }

  nowMs(): number {
    return this.timeMs;
  }

  advance(ms: number): void {
    this.timeMs += ms;
  }
}
