import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthChecks } from './health-checks.js';

/** Asks the parts of this process for their health, for whoever tells it: the API, and a worker of its own. */
@Module({
  // What is down is told by the answers and by whoever notices it: not once more at each question.
  imports: [TerminusModule.forRoot({ logger: false })],
  providers: [HealthChecks],
  exports: [HealthChecks],
})
export class HealthModule {}
