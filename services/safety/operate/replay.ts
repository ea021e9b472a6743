import type { Bus } from '#libs/bus/bus';
import { type Served, serve } from '#libs/bus/rpc';
import { Problem } from '#libs/contracts/problem';
import type { ReplayReply, ReplayRequest } from '#libs/contracts/replay';
import { safetyVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import { policyFrom, type SafetySettings } from '../config.ts';
import { breathing } from '../replay/breathe.ts';
import { oneAfterAnother } from '../replay/one-after-another.ts';
import { pageOf } from '../replay/pages.ts';
import { readHistory } from '../replay/read-history.ts';
import { replaying } from '../replay/replay.ts';
import { trySettings } from '../replay/try-settings.ts';

const dayMs = 86_400_000;

/** What would have been decided under another policy. Reads, and changes nothing. */
export function replayVerb(bus: Bus, settings: SafetySettings): Served {
  const one = oneAfterAnother((request: ReplayRequest) => replay(bus, settings, request));
  return serve('replay', rpcSubject('safety', 'replay'), safetyVerbs.replay, one);
}

async function replay(bus: Bus, settings: SafetySettings, request: ReplayRequest): Promise<ReplayReply> {
  const tried = trySettings(settings, request.policy);
  const untilMs = request.until === undefined ? bus.clock.now() : fromInstant(request.until);
  const sinceMs = request.since === undefined ? untilMs - dayMs : fromInstant(request.since);
  if (sinceMs > untilMs) {
    throw new Problem('invalid_request', 'since is later than until, so that nothing lies between them.', {
      errors: [{ field: 'since', message: 'is later than until' }],
    });
  }
  const history = await readHistory(bus);
  const options = { before: policyFrom(settings), policy: tried.policy, sinceMs, untilMs };
  const redecided = await breathing(replaying(history, options));
  const outcomes = new Map(
    history.happenings.flatMap((each) =>
      each.kind === 'complete' ? [[each.complete.remediation_id, each.complete.outcome] as const] : [],
    ),
  );
  const count = (change: (typeof redecided)[number]['change']): number =>
    redecided.filter((each) => each.change === change).length;
  return {
    since: toInstant(sinceMs),
    until: toInstant(untilMs),
    policy: { ...tried.settings },
    facts_from: history.from ?? null,
    from_the_beginning: history.fromTheBeginning,
    facts: history.facts,
    requests: redecided.length,
    unchanged: count('none'),
    newly_approved: count('approved'),
    newly_refused: count('refused'),
    other_reason: count('other_reason'),
    assumed_like_another: redecided.filter(({ assumed }) => assumed?.like).length,
    ...pageOf(redecided, outcomes, request),
  };
}
