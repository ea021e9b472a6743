// What comes from elsewhere may not steer the terminal, nor break a row.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

/** Text of others, fit for one line of a terminal. */
export function plain(text: string): string {
  return text.replace(unprintable, ' ');
}

/** Lines with columns under their names, as wide as they need to be. `paint` may colour a cell that is padded already. */
export function tableLines(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (cell: string, column: number) => string = (cell) => cell,
): readonly string[] {
  const clean = rows.map((row) => row.map(plain));
  const widths = names.map((name, column) =>
    Math.max(name.length, ...clean.map((row) => row[column]?.length ?? 0)),
  );
  const lineOf = (row: readonly string[], colour: (cell: string, column: number) => string): string =>
    row
      .map((cell, column) =>
        colour(column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0), column),
      )
      .join('  ')
      .trimEnd();
  const head = names.map((name) => name.toUpperCase());
  return [lineOf(head, (cell) => cell), ...clean.map((row) => lineOf(row, paint))];
}

/** Lines with a name and its value each. */
export function pairLines(pairs: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${plain(value)}`);
}
