import type { WorkspaceId } from '#kernel';
import type { Database } from './database.js';

type SqlType = 'uuid' | 'text' | 'text[]' | 'integer' | 'smallint' | 'boolean' | 'jsonb' | 'timestamptz' | 'bytea';

/** A column whose stored value is not that of the property. */
interface Column<Value> {
  readonly type: SqlType;
  /** @param stored as the driver gives it */
  readonly read: (stored: never) => Value;
  /** @returns what JSON can hold, in the notation of the type */
  readonly write: (value: Value) => unknown;
}

/** Bytes that are hexadecimal text in the domain. */
export const HEX_BYTES: Column<string> = {
  type: 'bytea',
  read: (stored: Buffer) => stored.toString('hex'),
  write: (hex) => `\\x${hex}`,
};

/** Any JSON value, kept as the text that it is given back as: names stay in their order. */
export const JSON_TEXT: Column<unknown> = {
  type: 'text',
  read: (stored: string) => JSON.parse(stored) as unknown,
  write: (value) => JSON.stringify(value),
};

/** Property by property how a thing is kept. The column is the property in snake_case. */
type Columns<Thing> = { readonly [Property in keyof Thing]-?: SqlType | Column<Thing[Property]> };

interface Mapped {
  readonly property: string;
  readonly column: string;
  readonly type: SqlType;
  readonly read: ((stored: never) => unknown) | undefined;
  readonly write: ((value: never) => unknown) | undefined;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * A table and the things that its rows are: the one place that knows its columns, from which statements and mappings
 * follow. It leads with `workspace_id`; `id` is unique within the workspace.
 */
export class Table<Thing extends { readonly workspaceId: WorkspaceId; readonly id: string }> {
  /** All of them, as a select list. */
  readonly columns: string;
  /** What they are selected from: the table under its alias, joined with its project where a thing names that. */
  readonly source: string;
  private readonly mapped: readonly Mapped[];

  /** @param withProject where a thing has the slug of its project as `project` */
  constructor(
    readonly name: string,
    readonly alias: string,
    private readonly definition: Columns<Omit<Thing, 'project'>>,
    private readonly withProject: boolean,
  ) {
    this.mapped = Object.entries(definition).map(([property, column]) => {
      const { type, read, write } =
        typeof column === 'string'
          ? { type: column as SqlType, read: undefined, write: undefined }
          : (column as Column<never>);
      return {
        property,
        column: property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        type,
        read,
        write,
      };
    });
    // Under no alias where nothing is joined, so that they can be selected from a subquery as well.
    const own = this.mapped.map(({ column }) => (withProject ? `${alias}.${column}` : column)).join(', ');
    this.columns = withProject ? `${own}, p.slug AS project` : own;
    const join = `JOIN projects p ON p.workspace_id = ${alias}.workspace_id AND p.id = ${alias}.project_id`;
    this.source = withProject ? `${name} ${alias} ${join}` : `${name} ${alias}`;
  }

  /** The same table with more of its columns. */
  with<More extends object>(columns: Columns<More>): Table<Thing & More> {
    const all = { ...this.definition, ...columns } as unknown as Columns<Omit<Thing & More, 'project'>>;
    return new Table<Thing & More>(this.name, this.alias, all, this.withProject);
  }

  /** @param row of `columns` */
  toThing(row: object): Thing {
    const stored = row as Row;
    const thing: Record<string, unknown> = {};
    for (const { property, column, read } of this.mapped)
      thing[property] = read === undefined ? stored[column] : read(stored[column] as never);
    if (this.withProject) thing['project'] = stored['project'];
    return thing as unknown as Thing;
  }

  /** Things of one workspace, in one statement. */
  async insert(database: Database, things: readonly Thing[]): Promise<void> {
    const [first] = things;
    if (first === undefined) return;
    // The workspace is a parameter of its own.
    const given = this.without(['workspaceId']);
    const columns = given.map(({ column }) => column).join(', ');
    await database.query(
      `INSERT INTO ${this.name} (workspace_id, ${columns}) SELECT $1, ${columns} FROM ${this.recordset(given)}`,
      [first.workspaceId, this.toJson(things, given)],
    );
  }

  /**
   * Puts other things of one workspace in the place of those with their ids, in one statement.
   * @param kept properties that stay as they are
   */
  async replace(database: Database, things: readonly Thing[], kept: readonly (keyof Thing)[]): Promise<void> {
    const [first] = things;
    if (first === undefined) return;
    const changed = this.without(['workspaceId', 'id', ...kept]);
    const columns = changed.map(({ column }) => `${column} = given.${column}`).join(', ');
    const named = this.without(['workspaceId', ...kept]);
    await database.query(
      `UPDATE ${this.name} AS ${this.alias} SET ${columns} FROM ${this.recordset(named)}
       WHERE ${this.alias}.workspace_id = $1 AND ${this.alias}.id = given.id`,
      [first.workspaceId, this.toJson(things, named)],
    );
  }

  /** `given`, rows of some columns in the JSON that is the parameter `$2`: see `toJson`. */
  recordset(columns: readonly Mapped[]): string {
    return `jsonb_to_recordset($2::jsonb) AS given (${columns.map(({ column, type }) => `${column} ${type}`).join(', ')})`;
  }

  /** The columns of all properties but these. */
  without(properties: readonly (keyof Thing)[]): readonly Mapped[] {
    return this.mapped.filter(({ property }) => !properties.includes(property as keyof Thing));
  }

  toJson(things: readonly object[], columns: readonly Mapped[]): string {
    return JSON.stringify(
      things.map((thing) =>
        Object.fromEntries(
          columns.map(({ property, column, write }) => {
            const value = (thing as Row)[property];
            return [column, write === undefined ? value : write(value as never)];
          }),
        ),
      ),
    );
  }
}
