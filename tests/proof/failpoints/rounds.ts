import type { Outcome } from '#libs/contracts/facts';
import type { Failpoint } from '#libs/runtime/failpoint';
import type { ServiceName } from '#libs/testing/mesh-processes';

/** One point at which processes of one service die, and what may come of whom it met. */
export type Round = {
  readonly service: ServiceName;
  readonly point: Failpoint;
  /** Dies when it passes the point for the first time, or for any later one up to this. */
  readonly latest: number;
  /** `expiring`: over HTTP, to an executor that dies before it begins, so that the lease runs out. */
  readonly asks: 'http' | 'nats' | 'dry_run' | 'expiring';
  readonly outcomes: readonly Outcome[];
  /** The part of this point's crashes that is this service's. */
  readonly share: number;
};

type Given = Partial<Omit<Round, 'service' | 'point'>>;

const round = (service: ServiceName, point: Failpoint, given: Given = {}): Round => ({
  service,
  point,
  latest: 1,
  asks: 'http',
  outcomes: ['recovered'],
  share: 1,
  ...given,
});
/** Its intent stands and nobody knows of a call: it is never repeated, whether it was made or not. */
const notKnown: Given = { outcomes: ['recovered', 'unknown'] };
const dryRun: Given = { asks: 'dry_run', outcomes: ['dry_run'] };
const third = 1 / 3;

/** Each on an engine of its own, so that they go on side by side. */
export const executorRounds: readonly Round[] = [
  round('executor', 'intent-before'),
  round('executor', 'intent-stored', notKnown),
  round('executor', 'call-before', notKnown),
  round('executor', 'call-answered'),
  round('executor', 'executed-stored'),
  round('executor', 'verified-stored'),
  round('executor', 'finished-before'),
  round('executor', 'finished-stored'),
  round('executor', 'handled-before-ack', { share: third }),
  round('executor', 'outbox-before-flush', { ...notKnown, latest: 8, share: third }),
  round('executor', 'rpc-before-answer', { ...notKnown, latest: 4, share: third }),
];

/** The trail hears of every remediation, and what it writes meanwhile is chained, whoever dies over it. */
export const auditRounds: readonly Round[] = [
  round('audit', 'audit-append-before', dryRun),
  round('audit', 'audit-append-synced', dryRun),
  round('audit', 'audit-head-moved', dryRun),
  round('audit', 'audit-copied', dryRun),
  round('audit', 'audit-checkpoint-stored', dryRun),
];

/** Of these services there is one in a mesh, so that they go on one after the other; in two meshes. */
export const beginningRounds: readonly Round[] = [
  round('gateway', 'requested-stored', { share: 2 * third }),
  round('gateway', 'requested-stored', { share: third, asks: 'nats' }),
  round('gateway', 'handled-before-ack', { share: third, asks: 'nats' }),
  round('gateway', 'outbox-before-flush', { share: third, latest: 2 }),
  round('safety', 'lease-granted'),
  round('safety', 'decided-stored'),
  round('safety', 'renewal-before', { latest: 2 }),
  round('safety', 'renewal-stored', { latest: 2 }),
  round('safety', 'handled-before-ack', { share: third, latest: 4 }),
];
export const endingRounds: readonly Round[] = [
  round('verifier', 'verifier-looked', { latest: 2 }),
  round('verifier', 'rpc-before-answer', { share: 2 * third }),
  round('safety', 'closing-stored', { asks: 'expiring', outcomes: ['expired'] }),
  round('safety', 'complete-before'),
  round('safety', 'complete-stored'),
  round('safety', 'cell-settled'),
  round('safety', 'settled'),
  round('safety', 'announced'),
  round('safety', 'outbox-before-flush', { share: third, latest: 6 }),
];
