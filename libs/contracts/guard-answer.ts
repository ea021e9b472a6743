/**
 * What the Docker guard says in the engine's place, as the text of Docker's own form of an error: any client shows it,
 * and the executor reads it again. `not_reached`: the engine never heard of the call.
 */
export type GuardAnswer = {
  readonly kind: 'refused' | 'not_reached';
  readonly cause: string;
  readonly remedy: string;
};

const head = { refused: 'docker-guard refuses', not_reached: 'docker-guard cannot reach Docker' } as const;

export function guardText({ kind, cause, remedy }: GuardAnswer): string {
  return `${head[kind]}: ${cause}. To go on: ${remedy}`;
}

/** Undefined for what the engine itself said. */
export function readGuardText(text: string): GuardAnswer | undefined {
  const [, said, cause, remedy] = /^(docker-guard [a-zA-Z ]+): (.+?)\. To go on: (.+)$/s.exec(text) ?? [];
  const kind = (['refused', 'not_reached'] as const).find((each) => head[each] === said);
  return kind && cause !== undefined && remedy !== undefined ? { kind, cause, remedy } : undefined;
}
