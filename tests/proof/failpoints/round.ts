import type { ServiceProcess } from '#libs/testing/mesh-processes';
import { until } from '#libs/testing/until';
import type { drawFrom } from '../draw.ts';
import { isTold, type Judged, judge } from './judge.ts';
import type { Round } from './rounds.ts';
import type { Asked, Ward } from './ward.ts';

export type Played = { readonly crashes: number; readonly judged: readonly Judged[] };

const nextDeathWithinMs = 120_000;
/** The audit hears of every remediation; one more is needed only if it had none since a replica took over. */
const auditHearsWithinMs = 500;

/**
 * Starts `copies` processes that die at a point, asks for remediations until each has died there, starts one that does
 * not, and judges what came of all that was asked.
 */
export async function play(
  ward: Ward,
  round: Round,
  { name, copies, draw }: { name: string; copies: number; draw: ReturnType<typeof drawFrom> },
): Promise<Played> {
  const { service, point, asks, latest } = round;
  const isExecutor = service === 'executor';
  const engine = isExecutor ? name : 'local';
  const env = isExecutor ? { HEMOSTAT_ENGINE: engine } : {};
  if (!isExecutor) await ward.retire(service);
  const nth = 1 + draw(latest);
  const armed = await ward.start(service, copies, { ...env, HEMOSTAT_FAILPOINTS: `${point}=${nth}` });
  const asked: Asked[] = [];
  let [alive, aliveSince] = [copies, Date.now()];
  while (living(armed) > 0) {
    if (living(armed) < alive) [alive, aliveSince] = [living(armed), Date.now()];
    if (Date.now() > aliveSince + nextDeathWithinMs) {
      throw new Error(`${name}: ${alive} of ${service} did not come to ${point}`);
    }
    const one = await ward.ask(asks, `${name}-${asked.length}`, engine);
    asked.push(one);
    // Every replica looks after a lease that runs out, so that one remediation is enough for all of them.
    const enough = asks === 'expiring' ? 1 : alive;
    await untilOver(ward, one, () => living(armed) < enough, service === 'audit');
  }
  const ends = armed.map((each) => each.end());
  if (ends.some((end) => end !== 'SIGKILL')) throw new Error(`${name}: ended by ${ends}, not at ${point}`);
  const [healthy] = await ward.start(service, 1, env);
  const judged = await Promise.all(asked.map((one) => judge(ward, round, one)));
  if (isExecutor) await healthy?.stop();
  await Promise.all(asked.map(({ container }) => container[Symbol.asyncDispose]()));
  return { crashes: copies, judged };
}

const living = (processes: readonly ServiceProcess[]): number =>
  processes.filter((each) => each.end() === undefined).length;

async function untilOver(ward: Ward, { id }: Asked, died: () => boolean, isAudit: boolean): Promise<void> {
  const askAgainAt = Date.now() + auditHearsWithinMs;
  const over = () => died() || (isAudit ? Date.now() > askAgainAt : isTold(ward, id)) || undefined;
  await until(`a process dies over ${id}, or it ends`, over, nextDeathWithinMs);
}
