import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { DomainError } from '#kernel';

type Decode = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const decoders: ReadonlyMap<string, Decode> = new Map([
  ['gzip', promisify(gunzip) as Decode],
  ['x-gzip', promisify(gunzip) as Decode],
  ['deflate', promisify(inflate) as Decode],
  ['br', promisify(brotliDecompress) as Decode],
]);

/**
 * The body as it was before `Content-Encoding` (RFC 9110, section 8.4): gzip, deflate or br, one of them. Decoded outside of
 * the event loop; what grows beyond the limit of the route is given up where it does.
 * @throws DomainError `unsupported-content-encoding` (415), `body-too-large` (413), `invalid-content-encoding` (400)
 */
export async function decodeBody(bytes: Buffer, encoding: string | undefined, mostBytes: number): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return bytes;
  const decode = decoders.get(name);
  if (decode === undefined) throw unsupportedEncoding();
  try {
    return await decode(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLargeOnceDecoded(mostBytes);
    const detail = `is not what its Content-Encoding (${name}) says`;
    throw new DomainError({
      code: 'invalid-content-encoding',
      kind: 'invalid',
      detail: `The body ${detail}.`,
      issues: [{ pointer: '', detail }],
      cause: error,
    });
  }
}

export function unsupportedEncoding(): DomainError {
  const detail = 'Send the body without a Content-Encoding, or with one of gzip, deflate, br.';
  return new DomainError({
    code: 'unsupported-content-encoding',
    kind: 'unsupported-media-type',
    detail,
    issues: [{ pointer: '/content-encoding', in: 'header', detail }],
  });
}

function tooLargeOnceDecoded(mostBytes: number): DomainError {
  const detail = `is larger than ${mostBytes} bytes once it is decoded`;
  return new DomainError({
    code: 'body-too-large',
    kind: 'too-large',
    detail: `The body ${detail}.`,
    issues: [{ pointer: '', detail }],
  });
}
