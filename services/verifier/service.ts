import { type OpenOptions, openService } from '#libs/bus/open-service';
import { callRpc, serve, serveRpc } from '#libs/bus/rpc';
import { executorVerbs, verifierVerbs } from '#libs/contracts/rpc';
import { executorRpcSubject, rpcSubject } from '#libs/contracts/subjects';
import { version } from '#libs/contracts/version';
import { type CheckPorts, type CheckReply, type CheckRequest, check } from './check.ts';
import { readVerifierConfig } from './config.ts';
import { keepLooking } from './keep-looking.ts';
import { createProbe } from './probe.ts';
import { answeredWithinMs } from './target-health.ts';
import { createTargetWatch } from './target-watch.ts';

const inspectTimeoutMs = 2_000;
const freshEnoughMs = 1_000;

/** Looks at patients: `verifier.check` for one verification, `verifier.health` for the configured target server. */
export async function startVerifier(options: OpenOptions): Promise<AsyncDisposable> {
  const config = readVerifierConfig(options.env);
  await using stack = new AsyncDisposableStack();
  const context = stack.use(await openService('verifier', options));
  const { bus, clock } = context;
  const probe = stack.use(createProbe(config.targetUrl, config.healthTimeoutMs));
  const watch = createTargetWatch(probe, clock, config.meaning, config.targetUrl);
  if (config.intervalMs > 0) stack.use(keepLooking(watch, clock, config.intervalMs));
  const checks = stack.use(
    runningChecks({
      inspect: (target, bound) =>
        callRpc(
          bus,
          executorRpcSubject(target.engine, 'inspect'),
          executorVerbs.inspect,
          { target, ...(bound ? { bound } : {}) },
          { timeoutMs: inspectTimeoutMs },
        ),
      watch,
      clock,
      pollMs: config.pollMs,
      lastGoodForMs: config.healthTimeoutMs + freshEnoughMs,
    }),
  );
  stack.use(
    await serveRpc(
      bus,
      { name: 'verifier', version, description: 'Looks at patients and says whether they are well.' },
      [
        serve('check', rpcSubject('verifier', 'check'), verifierVerbs.check, checks.run),
        serve(
          'health',
          rpcSubject('verifier', 'health'),
          verifierVerbs.health,
          async () => (await watch.read(freshEnoughMs, answeredWithinMs)).health,
        ),
      ],
    ),
  );
  const owned = stack.move();
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Disposing cuts the looks short and waits until their answers are on the way: whoever asked goes on elsewhere. */
function runningChecks(
  ports: Omit<CheckPorts, 'signal'>,
): AsyncDisposable & { readonly run: (request: CheckRequest) => Promise<CheckReply> } {
  const stopping = new AbortController();
  const running = new Set<Promise<unknown>>();
  return {
    run: (request) => {
      const done = check({ ...ports, signal: stopping.signal }, request).finally(() => running.delete(done));
      running.add(done);
      return done;
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await Promise.allSettled(running);
    },
  };
}
