export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
};

/** One JSON request, as any client would make it. */
export async function http(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

/** Asks until `done` says so. Throws with `what` when it takes longer than `withinMs`, and when `signal` says to end. */
export async function pollUntil(
  what: string,
  ask: () => Promise<Answer>,
  done: (answer: Answer) => boolean,
  withinMs: number,
  signal?: AbortSignal,
): Promise<Answer> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await ask().catch(() => undefined);
    if (answer && done(answer)) return answer;
    if (Date.now() > giveUpAt) throw new Error(`${what} took longer than ${withinMs / 1_000} seconds`);
    await new Promise((again) => setTimeout(again, 50));
  }
}
