import type { Api } from '#test/support/api.js';
import { mulberry32 } from '#test/support/random.mjs';

/** Choices by a seed: a failure is repeated by it. */
export class Random {
  private readonly next: () => number;

  constructor(readonly seed: number) {
    this.next = mulberry32(seed);
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  one<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }
}

const LABELS = ['rules/deploy', 'notes', 'a: label', 'ümläut ❌'] as const;
const PROJECTS = ['atlas', 'borealis'] as const;

interface Stored {
  readonly id: string;
  readonly version: number;
  readonly content: string;
  tags: readonly string[];
  archived: boolean;
}

interface ProjectState {
  readonly lines: Map<string, Stored[]>;
  latestHandover: string | null;
  handovers: number;
}

/**
 * One principal of one workspace that writes and reads at random over several processes, and knows what each read must
 * answer: exactly what was acknowledged before.
 */
export class Walker {
  private readonly projects = new Map<string, ProjectState>(
    PROJECTS.map((project) => [project, { lines: new Map(), latestHandover: null, handovers: 0 }]),
  );
  private session: { id: string; summary: string | null; entries: number } | undefined;
  private count = 0;
  /** How many answers were compared, by what was read. */
  readonly compared = new Map<string, number>();

  /** @param apis of the same principal, one for each process */
  constructor(
    private readonly marker: string,
    private readonly othersMarker: string,
    private readonly apis: readonly Api[],
    private readonly random: Random,
  ) {}

  /** In a project that is never deleted. */
  async begin(): Promise<void> {
    const { id } = await this.done(this.api().post('/v1/sessions', { project: 'sessions', client: this.marker }));
    this.session = { id, summary: null, entries: 0 };
  }

  async step(): Promise<void> {
    const project = this.random.one(PROJECTS);
    if (this.random.below(3) === 0) await this.write(project);
    else await this.read(project);
  }

  /** Reads without comparing: between a write and its answer both the old and the new are right. */
  async stir(): Promise<void> {
    const project = this.random.one(PROJECTS);
    const line = this.random.one([...this.stateOf(project).lines.values(), []]);
    const paths = [
      `/v1/contexts?project=${project}`,
      `/v1/projects/${project}/contexts/${encodeURIComponent(this.random.one(LABELS))}`,
      `/v1/handovers/latest?project=${project}`,
      `/v1/projects/${project}`,
      ...line.map(({ id }) => `/v1/contexts/${id}`),
      ...(this.session === undefined ? [] : [`/v1/sessions/${this.session.id}`]),
    ];
    await this.get(this.random.one(paths));
  }

  private async write(project: string): Promise<void> {
    const state = this.stateOf(project);
    const label = this.random.one(LABELS);
    const line = state.lines.get(label) ?? [];
    const known = this.random.one([undefined, ...line]);
    switch (this.random.below(10)) {
      case 0: {
        if (known === undefined) return;
        const tags = [`t${++this.count}`];
        await this.done(this.api().patch(`/v1/contexts/${this.cased(known.id)}`, { tags }));
        known.tags = tags;
        return;
      }
      case 1:
        if (known === undefined) return;
        await this.done(this.api().post(`/v1/contexts/${known.id}/archive`, { force: true }));
        known.archived = true;
        return;
      case 2:
        if (known === undefined) return;
        await this.done(this.api().post(`/v1/contexts/${known.id}/restore`));
        known.archived = false;
        return;
      case 3: {
        const made = await this.done(this.api().post('/v1/handovers', { project, summary: this.text() }));
        state.latestHandover = made.id;
        state.handovers++;
        return;
      }
      case 4: {
        if (this.session === undefined) return;
        const summary = this.text();
        await this.done(this.api().patch(`/v1/sessions/${this.session.id}`, { summary }));
        this.session.summary = summary;
        return;
      }
      case 5:
        if (this.session === undefined) return;
        await this.done(
          this.api().post(`/v1/sessions/${this.session.id}/entries`, { kind: 'insight', text: this.text() }),
        );
        this.session.entries++;
        return;
      case 6:
        if (this.random.below(4) > 0) return;
        await this.done(this.api().del(`/v1/projects/${project}`, { query: { confirm: project } }), 404);
        this.projects.set(project, { lines: new Map(), latestHandover: null, handovers: 0 });
        return;
      default: {
        const content = this.text();
        const { id, version } = await this.done(this.api().post('/v1/contexts', { project, label, content }));
        state.lines.set(label, [...line, { id, version, content, tags: [], archived: false }]);
      }
    }
  }

  private async read(project: string): Promise<void> {
    const state = this.stateOf(project);
    const label = this.random.one(LABELS);
    const line = state.lines.get(label) ?? [];
    const latest = latestOf(line);
    const newest = [...state.lines].flatMap(([, versions]) => latestOf(versions) ?? []);
    const known: Stored | undefined = this.random.one(line);
    const labelPath = `/v1/projects/${project}/contexts/${encodeURIComponent(label)}`;
    switch (this.random.below(12)) {
      case 0:
        return this.compare('label', latest?.content, (await this.get(labelPath)).content);
      case 1: {
        const { items } = await this.get(`/v1/contexts?project=${project}`);
        return this.compare('list', sorted(newest), sorted(items));
      }
      case 2:
        if (known === undefined) return;
        return this.compare('context', shown(known), shownOf(await this.get(`/v1/contexts/${this.cased(known.id)}`)));
      case 3: {
        if (known === undefined) return;
        const { items } = await this.get(`/v1/contexts/${known.id}/versions`);
        return this.compare('versions', sorted(line), sorted(items));
      }
      case 4: {
        const { handover } = await this.get(`/v1/handovers/latest?project=${project}`);
        return this.compare('latest handover', state.latestHandover, handover?.id ?? null);
      }
      case 5: {
        const { counts } = await this.get(`/v1/projects/${project}`);
        return this.compare('project', [newest.length, state.handovers], [counts.contexts, counts.handovers]);
      }
      case 6: {
        const { counts } = await this.get(`/v1/projects/${project}/overview`);
        const active = [...state.lines.values()].flat().filter(({ archived }) => !archived).length;
        return this.compare('overview', [newest.length, active], [counts.labels, counts.versions]);
      }
      case 7:
        if (this.session === undefined) return;
        return this.compare(
          'session',
          this.session.summary,
          (await this.get(`/v1/sessions/${this.session.id}`)).summary,
        );
      case 8: {
        if (this.session === undefined) return;
        const { items } = await this.get(`/v1/sessions/${this.session.id}/entries?limit=100`);
        return this.compare('entries', Math.min(100, this.session.entries), items.length);
      }
      case 9: {
        const { body } = await this.api().post('/v1/contexts/recall', { project, labels: [...LABELS] });
        this.refuseLeak(body);
        return this.compare('recall', sorted(newest), sorted(body.items));
      }
      case 10: {
        const { items } = await this.get(`/v1/handovers?project=${project}&limit=100`);
        return this.compare('handovers', Math.min(100, state.handovers), items.length);
      }
      default:
        if (known === undefined) return;
        return this.compare(
          'label version',
          shown(known),
          shownOf(await this.get(`${labelPath}?version=${known.version}`)),
        );
    }
  }

  private stateOf(project: string): ProjectState {
    return this.projects.get(project) as ProjectState;
  }

  private api(): Api {
    return this.random.one(this.apis);
  }

  private text(): string {
    return `# ${this.marker}\n\nText ${++this.count} of ${this.marker}.`;
  }

  private cased(id: string): string {
    return this.random.below(4) === 0 ? id.toUpperCase() : id;
  }

  private async done(answer: Promise<{ status: number; body: any }>, alsoStatus?: number): Promise<any> {
    const { status, body } = await answer;
    if (status >= 300 && status !== alsoStatus) throw new Error(`a write answered ${status}: ${JSON.stringify(body)}`);
    this.refuseLeak(body);
    return body;
  }

  private async get(path: string): Promise<any> {
    const { status, body } = await this.api().get(path);
    if (status >= 500) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    this.refuseLeak(body);
    return body;
  }

  private refuseLeak(body: unknown): void {
    if (JSON.stringify(body ?? null).includes(this.othersMarker)) {
      throw new Error(`${this.marker} was answered with ${JSON.stringify(body)} (seed ${this.random.seed})`);
    }
  }

  private compare(what: string, expected: unknown, actual: unknown): void {
    this.compared.set(what, (this.compared.get(what) ?? 0) + 1);
    const [wanted, got] = [JSON.stringify(expected), JSON.stringify(actual)];
    if (wanted !== got) {
      throw new Error(`${this.marker} read a stale ${what}: ${got} instead of ${wanted} (seed ${this.random.seed})`);
    }
  }
}

function latestOf(line: readonly Stored[]): Stored | undefined {
  return line.findLast(({ archived }) => !archived);
}

const shown = ({ id, version, tags, archived }: Stored) => ({ id, version, tags, archived });

const shownOf = ({ id, version, tags, archivedAt }: any) => ({ id, version, tags, archived: archivedAt !== null });

function sorted(contexts: readonly any[]): unknown {
  return contexts
    .map((context) => ('archivedAt' in context ? shownOf(context) : shown(context)))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
