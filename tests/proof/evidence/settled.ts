import type { Bus } from '#libs/bus/bus';
import { consumers, streams } from '#libs/contracts/subjects';
import { until } from '#libs/testing/until';

/** Waits until the inbox is empty and the audit has acknowledged every fact. */
export async function settled({ jsm }: Bus, withinMs: number): Promise<void> {
  await until(
    'the inbox is empty and the audit has heard everything',
    async () => {
      const [inbox, facts, audit] = await Promise.all([
        jsm.streams.info(streams.inbox),
        jsm.streams.info(streams.facts),
        jsm.consumers.info(streams.facts, consumers.audit),
      ]);
      const heard = audit.num_pending === 0 && audit.num_ack_pending === 0;
      const all = heard && audit.delivered.stream_seq >= facts.state.last_seq;
      return (all && inbox.state.messages === 0) || undefined;
    },
    withinMs,
  );
}
