import { Injectable } from '@nestjs/common';

/** Informs the worker of this process that a job was cancelled, so that it stops at once. Others see it at their next look. */
@Injectable()
export class JobCancellation {
  private listener: (jobId: string) => void = () => undefined;

  listen(listener: (jobId: string) => void): void {
    this.listener = listener;
  }

  notify(jobId: string): void {
    this.listener(jobId);
  }
}
