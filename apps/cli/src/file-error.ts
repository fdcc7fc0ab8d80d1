const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EEXIST: 'something else is there',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENOENT: 'it is not there, or its folder is not',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENOTEMPTY: 'it is a folder',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
};

/** Of the system, about a file; `dest` is where it was to be renamed or linked to. */
interface FileError extends NodeJS.ErrnoException {
  readonly dest?: string;
}

/** Whether the system refused to do something with a file or a folder. */
export function isOfFile(error: unknown): error is FileError {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  return path !== undefined && syscall !== 'connect' && syscall !== 'listen' && FILE_PROBLEMS[code ?? ''] !== undefined;
}

/** What the system has against a file, in words. */
export function problemOfFile(error: unknown): string {
  return FILE_PROBLEMS[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
}

/** What the system has against a file, with its name and what the system calls it. */
export function fileMessage({ path, dest, code = '' }: FileError): string {
  return `${dest ?? path} can't be used: ${FILE_PROBLEMS[code]} (${code}).`;
}
