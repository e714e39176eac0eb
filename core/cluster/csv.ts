/** RFC 4180 records: what our own API writes for `stage=csvq`. */

/** Records of a text; undefined when a quote is not closed or stands where none may be. */
export function parseCsv(text: string): readonly (readonly string[])[] | undefined {
  const records: string[][] = [];
  let record: string[] = [];
  // one field with what ends it: quoted with doubled quotes, or plain
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (!found) return undefined;
    const [, quotedText, plain = '', end] = found;
    record.push(quotedText === undefined ? plain : quotedText.replaceAll('""', '"'));
    if (end === ',') {
      if (field.lastIndex < text.length) continue;
      record.push(''); // the text ends behind a comma
    }
    records.push(record);
    record = [];
  }
  return records;
}
