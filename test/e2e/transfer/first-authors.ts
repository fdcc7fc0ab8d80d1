/**
 * What a route answered, with whom each thing was first written by. That stays when a project moves; who wrote it where it is
 * now is who imported it.
 */
export function withFirstAuthors(answer: unknown): any {
  return JSON.parse(JSON.stringify(answer), (_name, value) => {
    if (value?.createdBy === undefined) return value;
    const { createdBy, importedAuthor, ...rest } = value;
    return { ...rest, firstAuthor: importedAuthor ?? createdBy };
  });
}
