import { http, pollUntil } from './http.ts';
import { breakTarget, type Scene, showLook } from './scene.ts';
import { traceTree } from './trace-tree.ts';

type Entry = { readonly type: string; readonly at: string; readonly message: string };
type GateLine = { readonly gate: string; readonly pass: boolean; readonly message: string };

/** One remediation seen from inside: fall ill, ask, watch, look it up, ask again. */
export async function heal(scene: Scene): Promise<void> {
  const { story, gateway, target } = scene;
  story.heading('The target is well, and falls ill: its connection pool leaks');
  await breakTarget(scene, 'leak');

  story.heading('Somebody asks for a remediation over HTTP');
  const ask = {
    container: target.api,
    action: 'restart',
    reason: 'connection pool exhausted',
    confidence: 0.95,
    metrics: { error_rate_percent: 100 },
  };
  story.line(`POST ${gateway}/api/v1/remediations ${JSON.stringify(ask)}`);
  const accepted = await http('POST', `${gateway}/api/v1/remediations`, ask, { 'idempotency-key': 'demo-1' });
  const id = String(accepted.body.remediation_id);
  story.line(`${accepted.status}: remediation ${id}, ${accepted.headers.get('location')}`);

  story.heading('What happens, fact by fact, as it is stated');
  const record = await watch(scene, id);
  await showLook(scene, 'healed');

  story.heading('The audit: every fact, hash-chained');
  const audit = await pollUntil(
    'the audit',
    () => http('GET', `${gateway}/api/v1/audit?remediation_id=${id}`),
    ({ body }) => recordsOf(body).some((each) => each.event === 'complete'),
    10_000,
    scene.signal,
  );
  for (const entry of recordsOf(audit.body).toReversed()) {
    story.line(
      `#${entry.n} ${entry.timestamp} ${String(entry.event).padEnd(9)} ${String(entry.hash).slice(0, 16)}…`,
    );
  }
  const verified = await http('GET', `${gateway}/api/v1/audit/verify`);
  story.line(`chain verified: ${verified.body.ok}, ${verified.body.records} records`);

  story.heading('The trace: one for the whole remediation');
  const traceId = String(record.trace_id);
  story.line(`trace ${traceId}`);
  for (const line of traceTree(scene.spans, traceId)) story.line(line);

  story.heading('Asked again at once: the target rests, and the answer says for how long');
  const again = await http('POST', `${gateway}/api/v1/remediations`, ask, {
    prefer: 'wait=30',
    'idempotency-key': 'demo-2',
  });
  story.line(`${again.status} ${again.body.reason}: ${again.body.detail}`);
  story.line(`Retry-After: ${again.headers.get('retry-after')} seconds`);
  if (again.status !== 429)
    throw new Error(`a second restart should have been refused with 429, not ${again.status}`);
}

async function watch({ story, gateway, signal }: Scene, id: string): Promise<Record<string, unknown>> {
  let shown = 0;
  const show = (body: Record<string, unknown>): void => {
    const timeline = (body.timeline ?? []) as readonly Entry[];
    for (const entry of timeline.slice(shown)) {
      story.line(`${entry.at}  ${entry.type.padEnd(9)} ${entry.message}`);
      if (entry.type === 'decided') {
        for (const gate of (body.gates ?? []) as readonly GateLine[]) {
          story.line(`${' '.repeat(26)}${gate.pass ? '✓' : '✗'} ${gate.gate.padEnd(11)} ${gate.message}`);
        }
      }
    }
    shown = timeline.length;
  };
  const done = await pollUntil(
    'the remediation',
    async () => {
      const answer = await http('GET', `${gateway}/api/v1/remediations/${id}`);
      show(answer.body);
      return answer;
    },
    ({ body }) => body.state === 'complete',
    110_000,
    signal,
  );
  story.line(`outcome: ${done.body.outcome}`);
  if (done.body.outcome !== 'recovered')
    throw new Error(`the patient should have recovered, not ${done.body.outcome}`);
  return done.body;
}

function recordsOf(body: Record<string, unknown>): readonly Record<string, unknown>[] {
  return Array.isArray(body.records) ? body.records : [];
}
