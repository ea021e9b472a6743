import type { Bus } from '#libs/bus/bus';
import { publishStored, subscribe } from '#libs/bus/live';
import { idFromKey } from '#libs/contracts/ids';
import { detailsSchema } from '#libs/contracts/scalars';
import { completeChannel, inboxSubject } from '#libs/contracts/subjects';
import { retryUntil } from '#libs/runtime/retry';
import type { TestContainer } from '#libs/testing/container';
import { until } from '#libs/testing/until';
import { doorAt, type Kind, kindAt, perSecond } from './mix.ts';

/** Those that are restarted, those in which commands run, both in turn, and one that rests. */
export type Patients = {
  readonly restarted: readonly TestContainer[];
  readonly examined: readonly TestContainer[];
  readonly resting: TestContainer;
};

export type Ended = { readonly kind: Kind; readonly outcome: string; readonly ms: number };
export type Loaded = {
  readonly asked: number;
  readonly ended: readonly Ended[];
  /** What ended per second, from the first question to the last end. */
  readonly rate: number;
  readonly refusedByDoor: readonly string[];
};

type Open = { readonly kind: Kind; readonly at: number };
type Given = {
  readonly bus: Bus;
  readonly gatewayUrl: string;
  readonly patients: Patients;
  readonly run: string;
};

const endsWithinMs = 120_000;
const confirmedWithinMs = 30_000;

/** Asks `perSecond` times a second, whether the answers keep up or not, and waits for every end. */
export async function load(given: Given, seconds: number): Promise<Loaded> {
  const { bus, run } = given;
  const open = new Map<string, Open>();
  const ended: Ended[] = [];
  const refusedByDoor: string[] = [];
  using _hearing = subscribe(bus, completeChannel, detailsSchema, ({ remediation_id: id, outcome }) => {
    const asked = open.get(String(id));
    if (!asked) return;
    open.delete(String(id));
    ended.push({ kind: asked.kind, outcome: String(outcome), ms: Date.now() - asked.at });
  });
  await bus.nc.flush();
  const beganAt = Date.now();
  const ticks = seconds * perSecond;
  for (let tick = 0; tick < ticks; tick += 1) {
    const kind = kindAt(tick);
    const key = `${run}-${tick}`;
    open.set(idFromKey('anonymous', key), { kind, at: Date.now() });
    void ask(given, tick, kind, key).catch((error: unknown) => refusedByDoor.push(`${key}: ${error}`));
    await bus.clock.sleep(Math.max(0, beganAt + ((tick + 1) * 1_000) / perSecond - Date.now()));
  }
  const over = () => open.size <= refusedByDoor.length || undefined;
  await until('every remediation has ended', over, endsWithinMs).catch(() => undefined);
  const tookSeconds = (Date.now() - beganAt) / 1_000;
  return { asked: ticks, ended, rate: ended.length / tookSeconds, refusedByDoor };
}

async function ask(
  { bus, gatewayUrl, patients }: Given,
  tick: number,
  kind: Kind,
  key: string,
): Promise<void> {
  const container = targetOf(patients, tick, kind)?.name;
  const body =
    kind === 'exec'
      ? { container, action: 'exec', params: { command: ['uptime'] } }
      : { container, action: 'restart', dry_run: kind === 'dry_run' };
  if (doorAt(tick) === 'nats') return publishPatiently(bus, body, key);
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(`${gatewayUrl}/api/v1/remediations`, request);
  const text = await answer.text();
  if (answer.status >= 500) throw new Error(`${answer.status} ${text}`);
}

/** As publishers do: what nobody confirmed is sent again under its id, which the stream keeps once. */
function publishPatiently(bus: Bus, body: object, key: string): Promise<void> {
  return retryUntil(() => publishStored(bus, inboxSubject, body, key), {
    clock: bus.clock,
    signal: AbortSignal.timeout(confirmedWithinMs),
    minMs: 250,
    maxMs: 2_000,
    retryable: () => !bus.nc.isClosed(),
  });
}

function targetOf(
  { restarted, examined, resting }: Patients,
  tick: number,
  kind: Kind,
): TestContainer | undefined {
  if (kind === 'refusal') return resting;
  const pool = kind === 'exec' ? examined : restarted;
  return pool[Math.floor(tick / (kind === 'exec' ? 5 : perSecond)) % pool.length];
}
