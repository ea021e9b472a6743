import { setTimeout } from 'node:timers/promises';
import type { Bus } from '#libs/bus/bus';
import { publishStored } from '#libs/bus/live';
import { idFromKey } from '#libs/contracts/ids';
import { detailsSchema } from '#libs/contracts/scalars';
import { inboxSubject } from '#libs/contracts/subjects';
import type { EvidenceFolder } from './folder.ts';
import type { Supervised } from './supervised.ts';

/**
 * Asks for remediations as agents do that do not give up before it is too late for any promise, and writes down every
 * attempt.
 */
export interface Clients {
  /** Over HTTP under one key, again and again, until it is told the end. */
  http(key: string, container: string, gateway: number): Promise<void>;
  /** Over NATS until the message is stored, then looks until it has ended. */
  nats(key: string, container: string): Promise<void>;
}

const principal = 'anonymous';
const waitSeconds = 15;
const timeoutMs = 30_000;
const pauseMs = 100;
/** Of a remediation that has not ended by then it is the checker who says so. */
const givesUpAfterMs = 150_000;

export function clientsOf(
  supervised: Pick<Supervised, 'gateways'>,
  bus: Bus,
  evidence: EvidenceFolder,
  lastFaultAt: () => number | undefined,
): Clients {
  const goesOnFrom = (begunAt: number) => () =>
    Date.now() < Math.max(begunAt, lastFaultAt() ?? Number.POSITIVE_INFINITY) + givesUpAfterMs;
  const gatewayAt = (nth: number) => {
    const all = supervised.gateways();
    return all[nth % all.length] ?? { name: 'none', url: 'http://127.0.0.1:9' };
  };

  const request = async (key: string, container: string, nth: number, wait: number) => {
    const { name, url } = gatewayAt(nth);
    const row = { door: 'http' as const, principal, key, asked: name, sent_at: Date.now() };
    try {
      const response = await fetch(`${url}/api/v1/remediations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key, prefer: `wait=${wait}` },
        body: JSON.stringify({ container, action: 'restart', reason: 'it hangs' }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const body = detailsSchema.parse(await response.json());
      const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
      const { status } = response;
      const answered = {
        ended_at: Date.now(),
        answered: true,
        status,
        remediation_id: text(body.remediation_id),
      };
      evidence.attempt({ ...row, ...answered, outcome: status === 200 ? text(body.outcome) : null });
      return status;
    } catch {
      const nothing = { answered: false, status: null, remediation_id: null, outcome: null };
      evidence.attempt({ ...row, ended_at: Date.now(), ...nothing });
      return undefined;
    }
  };

  return {
    http: async (key, container, gateway) => {
      const goesOn = goesOnFrom(Date.now());
      let wait = waitSeconds;
      for (let nth = gateway; goesOn(); ) {
        const status = await request(key, container, nth, wait);
        if (status !== undefined && status !== 202 && status < 500) return;
        // Who lost the connection first makes sure that it is taken up.
        const isLost = status === undefined || status >= 500;
        wait = isLost ? 0 : waitSeconds;
        if (isLost) {
          nth += 1;
          await setTimeout(pauseMs);
        }
      }
    },
    nats: async (key, container) => {
      const goesOn = goesOnFrom(Date.now());
      const row = {
        door: 'nats' as const,
        principal,
        key,
        asked: 'nats-server',
        status: null,
        outcome: null,
      };
      const event = { container, action: 'restart', reason: 'it hangs' };
      const remediation_id = idFromKey(principal, key);
      for (let stored = false; !stored && goesOn(); ) {
        const sent_at = Date.now();
        stored = await publishStored(bus, inboxSubject, event, key).then(
          () => true,
          () => false,
        );
        evidence.attempt({ ...row, sent_at, ended_at: Date.now(), answered: stored, remediation_id });
        if (!stored) await setTimeout(pauseMs);
      }
      for (let nth = 0; goesOn(); nth += 1) {
        if (await hasEnded(gatewayAt(nth).url, remediation_id)) return;
        await setTimeout(5 * pauseMs);
      }
    },
  };
}

async function hasEnded(url: string, id: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/v1/remediations/${id}`, { signal: AbortSignal.timeout(5_000) });
    const body = detailsSchema.parse(await response.json());
    return response.ok && body.state === 'complete';
  } catch {
    return false;
  }
}
