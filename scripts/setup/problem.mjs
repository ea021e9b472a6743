/** Something that only the person at the machine can mend: what is wrong, and the ways out. */
export class Problem extends Error {
  constructor(cause, ...remedies) {
    super([cause, ...remedies.map((remedy) => `  - ${remedy}`)].join('\n'));
  }
}

export function remedyOf(error) {
  return error instanceof Problem ? error.message : String(error?.stack ?? error);
}
