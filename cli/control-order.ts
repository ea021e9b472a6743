import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Context } from './context.ts';
import { readAnswer } from './gateway.ts';
import { controlLines, controlSchema } from './safety-words.ts';

/** Sends an order about the kill switch and shows what holds from now on. */
export async function orderControl(
  { gateway, show, now }: Context,
  body: object,
  key: string = randomUUID(),
): Promise<void> {
  const headers = { 'idempotency-key': key };
  const answer = await gateway().ask('POST', '/api/v1/safety/control', { headers, body });
  const { control } = readAnswer(answer, z.object({ control: controlSchema }));
  show(answer.body, () => controlLines(control, now()));
}
