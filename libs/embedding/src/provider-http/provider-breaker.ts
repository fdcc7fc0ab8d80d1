import type { Clock } from '#kernel';

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failuresToOpen: number;
  /** How long it stays open before one call may try. */
  readonly openMs: number;
}

/**
 * Leaves a provider alone that fails again and again. Open, it refuses at once; after `openMs` one call goes through
 * as a probe, and its outcome closes or opens it again. A probe that never reports makes room for another after
 * `openMs`. All methods are synchronous.
 */
export class ProviderBreaker {
  private failures = 0;
  private openedAtMs: number | undefined;
  private probedAtMs: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly options: BreakerOptions,
  ) {}

  get isOpen(): boolean {
    return this.openedAtMs !== undefined;
  }

  /** Milliseconds until a call may try; 0 where it may now. Asking changes nothing. */
  closedForMs(): number {
    if (this.openedAtMs === undefined) return 0;
    const since = this.probedAtMs ?? this.openedAtMs;
    return Math.max(0, since + this.options.openMs - this.clock.nowMs());
  }

  /** Whether this call may go out. While open, true makes it the probe. */
  admit(): boolean {
    if (this.openedAtMs === undefined) return true;
    if (this.closedForMs() > 0) return false;
    this.probedAtMs = this.clock.nowMs();
    return true;
  }

  succeeded(): void {
    this.failures = 0;
    this.openedAtMs = undefined;
    this.probedAtMs = undefined;
  }

  failed(): void {
    this.failures++;
    if (this.openedAtMs === undefined && this.failures < this.options.failuresToOpen) return;
    this.openedAtMs = this.clock.nowMs();
    this.probedAtMs = undefined;
  }

  /** The call ended without showing how the provider is: it never went out, or was given up. Another may probe. */
  withdrawn(): void {
    this.probedAtMs = undefined;
  }
}
