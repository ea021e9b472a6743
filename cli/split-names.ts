/** Names of an option that may be given several times, and take several at a time with commas between them. */
export function splitNames(values: readonly string[]): readonly string[] {
  return values
    .flatMap((value) => value.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
