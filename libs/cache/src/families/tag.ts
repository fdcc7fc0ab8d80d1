import { encodeKeyPart, encodeKeyParts, type KeyPart, PLATFORM_SCOPE } from './key.js';

declare const brand: unique symbol;

/** `<workspace>:<name>[:<part>…]`, encoded. Made by `defineTag` alone, so that a family and a write can't spell one differently. */
export type Tag = string & { readonly [brand]: 'tag' };

/** Anything whose tags name their workspace. */
export interface TagOwner {
  readonly workspace: string;
}

/**
 * Declares a tag. Families name it for what they depend on, writes fire it; both through the function returned here.
 *
 *     export const sessionTag = defineTag('session', (of: { workspace: string; id: string }) => of.id);
 */
export function defineTag<Params extends TagOwner>(
  name: string,
  parts: (params: Params) => KeyPart | readonly KeyPart[],
): (params: Params) => Tag {
  const encodedName = encodeKeyPart(name);
  return (params) => `${encodeKeyPart(params.workspace)}:${encodedName}:${encodeKeyParts(parts(params))}` as Tag;
}

/** A tag of the platform itself, for families whose key is known before any workspace is, such as verified principals. */
export function definePlatformTag<Params>(
  name: string,
  parts: (params: Params) => KeyPart | readonly KeyPart[],
): (params: Params) => Tag {
  const encodedName = encodeKeyPart(name);
  return (params) => `${PLATFORM_SCOPE}:${encodedName}:${encodeKeyParts(parts(params))}` as Tag;
}
