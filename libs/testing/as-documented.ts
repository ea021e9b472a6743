import { openApiCheck, type SeenAnswer } from './openapi-check.ts';

const checks = new Map<string, Promise<ReturnType<typeof openApiCheck> | undefined>>();

/** Throws when an answer is not as the gateway's own OpenAPI document says. A gateway that is gone by now is believed. */
export async function expectDocumented(url: string, answer: SeenAnswer): Promise<void> {
  const known = checks.get(url) ?? servedBy(url);
  checks.set(url, known);
  const check = await known;
  if (!check) checks.delete(url);
  const complaints = check?.(answer) ?? [];
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
}

/** Throws when what is served is no such document. */
async function servedBy(url: string): Promise<ReturnType<typeof openApiCheck> | undefined> {
  const served: unknown = await fetch(`${url}/openapi.json`)
    .then((answer) => answer.json())
    .catch(() => undefined);
  return served === undefined ? undefined : openApiCheck(served);
}
