import { escapePointer } from '#http';
import { DomainError, type ErrorIssue, WorkPauses } from '#kernel';
import type { RedactionSettings } from '#settings';
import type { Finding } from './detectors/detector.js';
import { findSecrets, maskSecrets } from './find-secrets.js';

/** A secret that was found: of what kind and where, never what it is. */
interface FoundSecret {
  readonly kind: string;
  readonly in: NonNullable<ErrorIssue['in']>;
  /** JSON Pointer to the text; where the secret is in the name of a member, the name is masked in it. */
  readonly pointer: string;
  /** Of the secret in the text, in UTF-16 units; null: it is in the name of the member. */
  readonly offset: number | null;
}

export interface RedactionReport {
  /** What was done with what was found. */
  readonly mode: RedactionSettings['mode'];
  readonly found: readonly FoundSecret[];
  /** How many others there are. */
  readonly more: number;
}

/** Where a value stands. */
interface RedactionPlace {
  readonly pointer: string;
  readonly in?: FoundSecret['in'];
  /** Fields of the value that are not looked at. */
  readonly except?: readonly string[];
}

const MOST_REPORTED = 100;
const MOST_ISSUES = 20;
/** Shorter whole numbers are no card's. */
const LEAST_CARD = 1e12;

type Holder = Record<string, unknown>;

/** A member of an object or a list, and where it stands: pointers are made for what is found alone. */
interface Member {
  readonly holder: Holder;
  readonly name: string;
  readonly parent: Member | undefined;
}

/** What is done about secrets of one request, in what it says and in what the work makes of it. */
export class Redaction {
  private readonly found: FoundSecret[] = [];
  private more = 0;

  /** @param count called for each secret */
  constructor(
    private readonly settings: RedactionSettings,
    private readonly count: (kind: string, mode: RedactionSettings['mode']) => void,
  ) {}

  get isOff(): boolean {
    return this.settings.mode === 'off';
  }

  /** Undefined where nothing was found. */
  get report(): RedactionReport | undefined {
    const { found, more } = this;
    return found.length === 0 ? undefined : { mode: this.settings.mode, found: [...found], more };
  }

  /**
   * Looks at every text, name and long number of a value, and in mode `mask` changes it in place. Time linear in its size; others
   * run in between.
   * @throws DomainError `secret-refused` in mode `refuse`, naming kinds and places
   */
  async redact(value: unknown, place: RedactionPlace): Promise<void> {
    if (this.isOff || typeof value !== 'object' || value === null) return;
    const pauses = new WorkPauses();
    const start = this.begin();
    const renamed: Member[] = [];
    const pending: Member[] = membersOf(value as Holder, undefined).filter(
      ({ name }) => place.except?.includes(name) !== true,
    );
    for (let member = pending.pop(); member !== undefined; member = pending.pop()) {
      if (pauses.isDue) await pauses.pauseIfDue();
      const { holder, name } = member;
      if (!Array.isArray(holder) && this.lookAtName(member, place)) renamed.push(member);
      const part = holder[name];
      if (typeof part === 'string') holder[name] = this.lookAt(part, () => pointerOf(member, this.shown), place);
      else if (typeof part === 'number' && part >= LEAST_CARD && Number.isSafeInteger(part)) {
        const written = String(part);
        const masked = this.lookAt(written, () => pointerOf(member, this.shown), place);
        if (masked !== written) holder[name] = masked;
      } else if (typeof part === 'object' && part !== null) {
        for (const child of membersOf(part as Holder, member)) pending.push(child);
      }
    }
    if (this.settings.mode === 'mask') for (const member of renamed) rename(member, this.shown(member.name));
    this.end(start);
  }

  /** The text as it may be stored. @throws DomainError as `redact` */
  redactText(text: string, place: RedactionPlace): string {
    if (this.isOff) return text;
    const start = this.begin();
    const kept = this.lookAt(text, () => place.pointer, { ...place, pointer: '' });
    this.end(start);
    return kept;
  }

  /**
   * As `redact`, of what can't be masked because it is an address.
   * @throws DomainError `secret-refused` in mode `mask` too
   */
  async redactAddress(value: unknown, place: RedactionPlace): Promise<void> {
    if (typeof value !== 'object' || value === null) return;
    const start = this.found.length + this.more;
    await this.redact({ ...value }, place);
    if (this.settings.mode === 'mask') this.refuseSince(start);
  }

  private begin(): number {
    return this.found.length + this.more;
  }

  private end(start: number): void {
    if (this.settings.mode === 'refuse') this.refuseSince(start);
  }

  private refuseSince(start: number): void {
    if (this.found.length + this.more === start) return;
    const refused = this.found.slice(Math.min(start, this.found.length - 1));
    throw secretRefused(refused);
  }

  /** @returns the text as it is stored */
  private lookAt(text: string, pointer: () => string, place: RedactionPlace): string {
    const findings = findSecrets(text, this.settings.detectors);
    if (findings.length === 0) return text;
    const at = place.pointer + pointer();
    for (const { kind, start } of findings) this.note({ kind, in: place.in ?? 'body', pointer: at, offset: start });
    return this.settings.mode === 'mask' ? maskSecrets(text, findings) : text;
  }

  /** Whether the name of a member holds a secret. */
  private lookAtName(member: Member, place: RedactionPlace): boolean {
    const findings: readonly Finding[] = findSecrets(member.name, this.settings.detectors);
    if (findings.length === 0) return false;
    const pointer = place.pointer + pointerOf(member, this.shown);
    for (const { kind } of findings) this.note({ kind, in: place.in ?? 'body', pointer, offset: null });
    return true;
  }

  private note(secret: FoundSecret): void {
    this.count(secret.kind, this.settings.mode);
    if (this.found.length < MOST_REPORTED) this.found.push(secret);
    else this.more++;
  }

  /** A name as a pointer may show it. */
  private readonly shown = (name: string): string => maskSecrets(name, findSecrets(name, this.settings.detectors));
}

function secretRefused(found: readonly FoundSecret[]): DomainError {
  return new DomainError({
    code: 'secret-refused',
    kind: 'unprocessable',
    detail:
      'The request holds what looks like a secret, and the settings of the workspace refuse that. Take it out, or let `GET /v1/settings` say what is looked for.',
    issues: found.slice(0, MOST_ISSUES).map(({ kind, in: part, pointer, offset }) => ({
      pointer,
      in: part,
      detail:
        offset === null
          ? `has a name that holds a secret (${kind})`
          : `holds a secret (${kind}) at character ${offset}`,
    })),
  });
}

/** The last one first: they are taken from the end. */
function membersOf(holder: Holder, parent: Member | undefined): Member[] {
  return Object.keys(holder)
    .map((name) => ({ holder, name, parent }))
    .reverse();
}

function pointerOf(member: Member, shown: (name: string) => string): string {
  const names: string[] = [];
  for (let at: Member | undefined = member; at !== undefined; at = at.parent)
    names.push(`/${escapePointer(shown(at.name))}`);
  return names.reverse().join('');
}

/** Members keep their order. */
function rename({ holder, name }: Member, to: string): void {
  const members = Object.entries(holder);
  for (const [each] of members) delete holder[each];
  for (const [each, value] of members) holder[each === name ? to : each] = value;
}
