/** The part of Standard Schema v1 (https://standardschema.dev) that the cache needs; zod schemas have it. */
export interface StandardSchema<Value> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Value> | Promise<StandardResult<Value>>;
  };
}

type StandardResult<Value> =
  { readonly value: Value; readonly issues?: undefined } | { readonly issues: readonly unknown[] };
