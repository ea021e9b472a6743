import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a person needs to know about a part that does not work: why, and what to do. Nothing secret. */
export type PartState =
  | { readonly ok: true }
  | { readonly ok: false; readonly cause: string; readonly remedy: string };

export interface HealthSnapshot {
  /** Every part is well. */
  readonly ok: boolean;
  readonly parts: Readonly<Record<string, PartState>>;
}

export interface Health {
  report(part: string, state: PartState): void;
  snapshot(): HealthSnapshot;
  /** Called when a report differs from the one before it of the same part. Dispose to stop. */
  onChange(fn: (snapshot: HealthSnapshot) => void): Disposable;
}

/** `awaited` names parts that are unwell until they report, so that a service is not ready before it is. */
export function createHealth(awaited: readonly string[] = []): Health {
  const starting: PartState = { ok: false, cause: 'still starting', remedy: 'wait a few seconds' };
  const parts = new Map<string, PartState>(awaited.map((part) => [part, starting]));
  const listeners = new Set<(snapshot: HealthSnapshot) => void>();
  const snapshot = (): HealthSnapshot => ({
    ok: [...parts.values()].every(({ ok }) => ok),
    parts: Object.fromEntries(parts),
  });
  return {
    snapshot,
    report(part, state) {
      const before = parts.get(part);
      parts.set(part, state);
      if (same(before, state)) return;
      for (const listener of [...listeners]) listener(snapshot());
    },
    onChange(fn) {
      const listener = (current: HealthSnapshot) => fn(current);
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}

function same(a: PartState | undefined, b: PartState): boolean {
  if (a === undefined || a.ok || b.ok) return a?.ok === b.ok;
  return a.cause === b.cause && a.remedy === b.remedy;
}

/**
 * Answers GET /health/live with 200 as long as the process runs, /health/ready and /health with 200 or 503
 * and the parts. Port 0 takes a free one. Rejects when the port cannot be had.
 */
export async function serveHealth(
  health: Health,
  port: number,
  host: string,
): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path === '/health/live') return answer(response, 200, { ok: true });
    if (path !== '/health/ready' && path !== '/health') return answer(response, 404, { ok: false });
    const snapshot = health.snapshot();
    answer(response, snapshot.ok ? 200 : 503, snapshot);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
