import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { actions } from '#libs/actions/catalogue';
import type { Bound } from '#libs/contracts/bound';
import { toDecisionHeader } from '#libs/contracts/decision-header';
import type { Approved } from '#libs/contracts/facts';
import { toInstant } from '#libs/runtime/instant';
import { startDockerGuard } from '../../services/docker-guard/service.ts';
import { keepDecisionKeys, signAsSafety } from './decision-keys.ts';
import { testEngine } from './docker-engine.ts';
import { aTarget } from './examples.ts';

/** A guard of a test's own before an engine, the run's unless told. It believes what `approvalFor` makes. */
export interface GuardGround extends AsyncDisposable {
  readonly dockerHost: string;
  readonly socketPath: string;
  /** Where the public keys lie that it believes. */
  readonly dataDir: string;
  /** What it wrote, a JSON line each. */
  readonly log: readonly string[];
}

export async function startGuard(
  env: NodeJS.ProcessEnv = {},
  { dockerHost } = testEngine() as { readonly dockerHost: string },
): Promise<GuardGround> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hemostat-guard-'));
  await keepDecisionKeys(dataDir);
  const socketPath = join(tmpdir(), `hemostat-guard-${randomBytes(6).toString('hex')}.sock`);
  const log: string[] = [];
  const guard = await startDockerGuard({
    env: {
      GUARD_SOCKET: socketPath,
      DOCKER_SOCKET: dockerHost.replace('unix://', ''),
      HEMOSTAT_DATA_DIR: dataDir,
      ...env,
    },
    logDestination: { write: (line) => void log.push(line) },
  });
  return {
    dockerHost: `unix://${socketPath}`,
    socketPath,
    dataDir,
    log,
    [Symbol.asyncDispose]: async () => {
      await guard[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

type Wanted = {
  readonly id?: string;
  /** Names of actions, each a step about the same; all there are unless told. */
  readonly by?: readonly string[];
  readonly engine?: string;
  readonly expiresInMs?: number;
};

/** What safety signs about things that are bound, valid for a minute unless told. */
export function approvalFor(bound: Partial<Bound>, wanted: Wanted = {}): Approved {
  const { by = actions.map(({ name }) => name), expiresInMs = 60_000 } = wanted;
  const target = { ...aTarget(), engine: wanted.engine ?? 'local' };
  const steps = by.map((action, at) => ({
    n: at + 1,
    action,
    target,
    bound: { containers: [], ...bound },
    params: {},
    when: 'always' as const,
    verify: null,
  }));
  return signAsSafety({
    type: 'decided',
    remediation_id: wanted.id ?? randomUUID(),
    at: toInstant(Date.now()),
    verdict: 'approved',
    gates: [],
    grants: [{ target, epoch: 1 }],
    plan: { runbook: 'single_action', steps },
    expires_at: toInstant(Date.now() + expiresInMs),
  });
}

/** The header of such a decision. */
export function decisionFor(...asked: Parameters<typeof approvalFor>): string {
  return toDecisionHeader(approvalFor(...asked)) ?? '';
}
