/**
 * Guarantee: only what the table allows, and its check has looked at, is passed on; whatever goes wrong on the way
 * there, nothing is.
 */
import type { IncomingMessage } from 'node:http';
import { decisionHeader } from '#libs/contracts/decision-header';
import type { GuardAnswer } from '#libs/contracts/guard-answer';
import { allowlist, type Line } from './allowlist.ts';
import { findLine, writtenPath } from './ask/find-line.ts';
import { readAsk } from './ask/read-ask.ts';
import { readBody } from './ask/read-body.ts';
import { mandateIn } from './mandate.ts';
import { pass, refuse, type Verdict } from './verdict.ts';
import type { Asked, World } from './world.ts';

export type Judged =
  | {
      readonly kind: 'pass';
      readonly line: Line;
      readonly asked: Asked;
      /** Under whose decision, where it changes something. */
      readonly remediationId?: string | undefined;
      readonly path: string;
      readonly body: string | undefined;
    }
  | Exclude<Verdict, { kind: 'pass' }>;

/** `now`: milliseconds since the Unix epoch. Throws what the world's eye throws. */
export async function judge(request: IncomingMessage, world: World, now: number): Promise<Judged> {
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  const ask = readAsk({ method, url, httpVersion, rawHeaders });
  if (typeof ask === 'string') return notPassed(ask);
  const found = findLine(allowlist, ask);
  if (typeof found === 'string') return notPassed(found);
  const { line, names } = found;
  const mandate =
    line.changes &&
    mandateIn(request.headers[decisionHeader], line.changes.by, { ...world, keys: world.keys(), now });
  if (mandate && 'kind' in mandate) return mandate;
  const read = await readBody(request, line);
  if ('refusal' in read) return notPassed(read.refusal);
  const asked = { names, query: ask.query, body: read.body };
  const verdict = line.changes && mandate ? await line.changes.check({ ...asked, mandate }, world) : pass;
  if (verdict.kind !== 'pass') return verdict;
  const body = verdict.body === undefined ? undefined : JSON.stringify(verdict.body);
  return {
    kind: 'pass',
    line,
    asked,
    remediationId: mandate?.remediationId,
    path: writtenPath(found, ask),
    body,
  };
}

function notPassed(cause: string): GuardAnswer {
  return refuse(cause, 'use an action of the catalogue, or call Docker by hand on its own socket');
}
