import { stat } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { CliError, ExitCode } from '../cli-error.js';
import { problemOfFile } from '../file-error.js';

/** Of a file that is to be sent, in bytes. @throws CliError where there is none */
export async function lengthOf(path: string): Promise<number> {
  const found = await stat(path).catch((error: Error) => {
    throw new CliError(`${path} can't be read: ${problemOfFile(error)}.`, ExitCode.unavailable, { cause: error });
  });
  if (!found.isFile()) throw new CliError(`${path} is no file.`, ExitCode.unavailable);
  return found.size;
}

/** What comes of a file, whose bytes are counted on the way. */
export function sent(file: Readable, reported: (bytes: number) => void): Readable {
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      reported(bytes);
      done(null, chunk);
    },
  });
  file.once('error', (error) => counted.destroy(error));
  return file.pipe(counted);
}
