import { eventFlood } from './event-flood.ts';
import { noLimits } from './no-limits.ts';

/** Refused requests a second: every patient cools down after one restart that helped, and is asked for again. */
export function refusals(): Promise<void> {
  return eventFlood({
    what: 'refused requests',
    env: { ...noLimits, RESPONDER_COOLDOWN_SECONDS: '3600', HEMOSTAT_RATE_LIMIT: '5' },
    event: { action: 'restart', reason: 'benchmark' },
    answers: ({ status, reason }) => status === 'rejected' && reason === 'cooldown_active',
    prepare: async (mesh, containers) => {
      for (const container of containers) {
        const wish = { container, action: 'restart' };
        const { body } = await mesh.http('POST', '/api/v1/remediations', wish, { prefer: 'wait=60' });
        if (body.outcome !== 'recovered')
          throw new Error(`${container} did not recover: ${String(body.message)}`);
      }
    },
  });
}
