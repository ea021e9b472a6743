/** The first dotted version in a program's own words, as numbers; undefined when there is none. */
export function versionIn(text) {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : undefined;
}

export function isAtLeast(version, floor) {
  for (const [index, least] of floor.entries()) {
    const part = version?.[index] ?? 0;
    if (part !== least) return part > least;
  }
  return version !== undefined;
}
