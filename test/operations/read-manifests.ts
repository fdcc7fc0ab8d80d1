import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const DOCKER = join(import.meta.dirname, '../../docker');

export interface Manifest {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: any;
  readonly data?: Readonly<Record<string, string>>;
}

export function readYaml(path: string): any {
  return parse(readFileSync(join(DOCKER, path), 'utf8'), { merge: true });
}

/** Every document below docker/kubernetes that is applied; not those of kustomize and Helm themselves. */
export function readManifests(): Manifest[] {
  return foldersOf('kubernetes').flatMap((folder) =>
    filesOf(folder)
      .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml' && name !== 'values.yaml')
      .flatMap((name) => {
        const file = `${folder}/${name}`;
        return parseAllDocuments(readFileSync(join(DOCKER, file), 'utf8')).map((document) => {
          if (document.errors[0] !== undefined) throw document.errors[0];
          return { file, ...document.toJS({ maxAliasCount: 100 }) } as Manifest;
        });
      }),
  );
}

export function foldersOf(folder: string): string[] {
  return readdirSync(join(DOCKER, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`);
}

export function filesOf(folder: string): string[] {
  return readdirSync(join(DOCKER, folder));
}
