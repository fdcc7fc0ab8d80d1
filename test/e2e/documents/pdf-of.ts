/** A small PDF (ISO 32000-1) with one line of text under the other on each page. ASCII without parentheses. */
export function pdfOf({ title, pages }: { title: string; pages: readonly (readonly string[])[] }): Buffer {
  const firstPage = 5;
  const pageIds = pages.map((_, index) => firstPage + 2 * index);
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Kids[${pageIds.map((id) => `${id} 0 R`).join(' ')}]/Count ${pages.length}>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    `<</Title(${title})>>`,
    ...pages.flatMap((lines, index) => {
      const drawn = lines.map((line) => `(${line}) Tj 0 -20 Td`).join(' ');
      const stream = `BT /F1 12 Tf 72 700 Td ${drawn} ET`;
      const contents = `${firstPage + 2 * index + 1} 0 R`;
      return [
        `<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents ${contents}/Resources<</Font<</F1 3 0 R>>>>>>`,
        `<</Length ${stream.length}>>\nstream\n${stream}\nendstream`,
      ];
    }),
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  file += `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<</Size ${size}/Root 1 0 R/Info 4 0 R>>\n`;
  return Buffer.from(`${file}startxref\n${file.indexOf('xref\n')}\n%%EOF\n`, 'latin1');
}
