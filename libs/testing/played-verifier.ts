import type { z } from 'zod';
import type { Bus } from '#libs/bus/bus';
import { serve, serveRpc } from '#libs/bus/rpc';
import { progressSchema, verifierVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';

type Check = typeof verifierVerbs.check;
export type CheckRequest = z.output<Check['request']>;
export type CheckReply = z.output<Check['reply']>;

/** Plays the verifier for an executor under test: answers every check as `opinion` says, `healthy` by default. */
export function playVerifier(
  bus: Bus,
  opinion: (asked: CheckRequest) => Partial<CheckReply> | Promise<Partial<CheckReply>> = () => ({}),
): Promise<AsyncDisposable> {
  const check = async (asked: CheckRequest): Promise<CheckReply> => ({
    verdict: 'healthy',
    message: 'it runs without a break',
    readings: {},
    progress: asked.progress ?? beginning(),
    ...(await opinion(asked)),
  });
  return serveRpc(bus, { name: 'verifier', version: '0.0.0', description: 'plays the verifier' }, [
    serve('check', rpcSubject('verifier', 'check'), verifierVerbs.check, check),
  ]);
}

function beginning(): CheckReply['progress'] {
  const began_at = toInstant(Date.now());
  return progressSchema.parse({
    began_at,
    stable_since: null,
    started_at: null,
    passes: 0,
    downs: 0,
    breaks: 0,
  });
}
