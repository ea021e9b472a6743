import type { Evidence, Finding } from './evidence.ts';
import { remediationsOf } from './remediations.ts';

/**
 * I6: all facts of a remediation, and every line that a service logs about it, carry its one trace id; a line that
 * speaks of it says so. A client that asks again is a request of its own, with a trace of its own at its gateway.
 */
export function oneTrace({ messages, logs }: Evidence): Finding {
  const { byId } = remediationsOf(messages);
  const offences: string[] = [];
  const traceOf = new Map<string, string>();
  for (const { id, all } of byId.values()) {
    const traces = new Set(all.map(({ traceId }) => traceId));
    if (traces.has(null)) offences.push(`${id} has a fact without a trace id`);
    if (traces.size > 1) offences.push(`${id} has ${traces.size} traces`);
    const [first] = all;
    if (first?.traceId) traceOf.set(id, first.traceId);
  }
  let checked = 0;
  for (const { process, line, text } of logs) {
    const { remediation_id: id, trace_id: trace, msg } = line;
    const about = id ?? idIn(text, byId);
    if (about === undefined) continue;
    checked += 1;
    const says = `${process} logged “${msg ?? ''}” about ${about}`;
    if (id === undefined) offences.push(`${says} without its id`);
    else if (trace === undefined) offences.push(`${says} without a trace id`);
    else if (line.service !== 'gateway' && trace !== (traceOf.get(about) ?? trace))
      offences.push(`${says} under another trace`);
  }
  return {
    invariant: 'I6 one trace',
    checked: checked + byId.size,
    of: 'remediations and log lines',
    offences,
  };
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

function idIn(text: string, byId: ReadonlyMap<string, unknown>): string | undefined {
  return (text.match(uuid) ?? []).find((found) => byId.has(found));
}
