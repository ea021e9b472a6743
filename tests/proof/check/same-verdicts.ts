import type { Requested } from '#libs/contracts/facts';
import { streams } from '#libs/contracts/subjects';
import { policyFrom, policySettingsSchema } from '../../../services/safety/config.ts';
import { atOnce } from '../../../services/safety/replay/breathe.ts';
import { type Happening, happeningOfDecided, slimRequest } from '../../../services/safety/replay/history.ts';
import { replaying } from '../../../services/safety/replay/replay.ts';
import type { Evidence, Finding } from './evidence.ts';
import { remediationsOf } from './remediations.ts';

/** I4: the facts, decided again by the pure decision alone, give the same verdict for every request. */
export function sameVerdicts({ messages, run }: Evidence): Finding {
  const { byId } = remediationsOf(messages.filter(({ stream }) => stream === streams.facts));
  const requests = new Map<string, Requested>();
  const happenings: Happening[] = [];
  for (const { id, requested, decided, complete } of byId.values()) {
    const [first] = requested;
    if (first) requests.set(id, slimRequest(first.body));
    for (const { sequence, body } of decided) happenings.push(happeningOfDecided(sequence, body));
    for (const { sequence, body } of complete) {
      happenings.push({ kind: 'complete', sequence, at: body.at, complete: { ...body, execution_log: [] } });
    }
  }
  happenings.sort((a, b) => a.sequence - b.sequence);
  const policy = policyFrom(policySettingsSchema.parse(run.settings));
  const options = { before: policy, policy, sinceMs: 0, untilMs: Number.MAX_SAFE_INTEGER };
  const again = atOnce(replaying({ requests, happenings }, options));
  const offences = again
    .filter(({ change }) => change !== 'none')
    .map(
      ({ decision, was, wouldBe }) =>
        `${decision.id} was ${was.reason ?? was.verdict} and would be ${wouldBe.reason ?? wouldBe.verdict}`,
    );
  return { invariant: 'I4 same verdicts', checked: again.length, of: 'decisions', offences };
}
