import { Logger } from '@nestjs/common';

const MOST = 1_000;

/** Warnings once per family and reason: a value that can't be cached costs every call, so it is reported, but not every time. */
export class WarnOnce {
  private readonly logger = new Logger('Cache');
  private readonly reported = new Set<string>();

  warn(family: string, reason: string): void {
    const text = `Cache family ${family}: ${reason}`;
    if (this.reported.has(text) || this.reported.size > MOST) return;
    this.reported.add(text);
    this.logger.warn(text);
  }
}
