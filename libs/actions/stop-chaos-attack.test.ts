import { describe, expect, it } from 'vitest';
import type { EndpointAnswer, EndpointPort } from './endpoint-port.ts';
import { stopChaosAttack } from './stop-chaos-attack.ts';

const prepared = stopChaosAttack.prepare({ attack_id: 'abc-123' });
const never = new AbortController().signal;

/** Answers in the given order, the last for ever; `calls` are the paths that were asked for. */
function playing(...answers: readonly (EndpointAnswer | Error)[]) {
  const calls: string[] = [];
  const port: EndpointPort = {
    call: async ({ method, path }) => {
      const answer = answers[Math.min(calls.length, answers.length - 1)];
      calls.push(`${method} /${path.join('/')}`);
      if (answer instanceof Error || answer === undefined) throw answer;
      return answer;
    },
    pause: async () => {},
  };
  return { calls, ports: { endpoint: port } };
}
const says = (status: unknown): EndpointAnswer => ({ status: 200, body: { status } });
const nobody: EndpointAnswer = { status: 404, body: {} };
const run = (...answers: readonly (EndpointAnswer | Error)[]) =>
  stopChaosAttack.run(playing(...answers).ports, prepared, never);
const observe = (answer: EndpointAnswer) =>
  stopChaosAttack.observe(playing(answer).ports, prepared.evidence, never);

describe('stopping a chaos attack', () => {
  it('posts once, then only looks until the attack is over', async () => {
    const { calls, ports } = playing(says('cancelling'), says('cancelling'), says('cancelled'));
    const { status, result } = await stopChaosAttack.run(ports, prepared, never);
    expect({ status, ...result }).toMatchObject({ status: 'cancelling', attack_status: 'cancelled' });
    const attack = '/api/v1/break/db_pool/abc-123';
    expect(calls).toEqual([`POST ${attack}/stop`, `GET ${attack}`, `GET ${attack}`]);
  });

  it('has succeeded once the chaos server took it, whatever becomes of looking', async () => {
    expect((await run(says('cancelling'), new Error('away'))).status).toBe('success');
    expect((await run(says('cancelling'), nobody)).result.attack_status).toBe('gone');
    expect((await run({ status: 200, body: 'no JSON object' }, says('finished'))).result).toMatchObject({
      status: 'cancelling',
      attack_status: 'finished',
    });
  });

  it('says no word for the chaos server that it did not say', async () => {
    const { result } = await run({ status: 200, body: 'no JSON object' }, new Error('away'));
    expect(result).toMatchObject({
      attack_status: null,
      details: expect.stringContaining('does not say how far it is'),
    });
  });

  it('is skipped when nobody knows the attack, and fails when it is refused or not heard', async () => {
    expect((await run(nobody)).status).toBe('skipped');
    await expect(run({ status: 500, body: {} })).rejects.toThrow('HTTP 500');
    await expect(run(new Error('away'))).rejects.toThrow('away');
  });
});

it('fails when the attack still runs as before when the time for looking is over', async () => {
  await expect(run(says('cancelling'), says('running'), new Error('time is up'))).rejects.toThrow(
    'still running',
  );
});

describe('whether an attack was stopped', () => {
  it('shows in the attack: over, gone, or on its way to the end', async () => {
    for (const status of ['cancelled', 'stopped', 'completed', 'cancelling', 'stopping']) {
      expect(await observe(says(status))).toMatchObject({ kind: 'happened', result: { status } });
    }
    expect(await observe(nobody)).toMatchObject({ kind: 'happened', result: { status: 'gone' } });
  });

  it('is not known while it runs, or while the chaos server says nothing that can be understood', async () => {
    for (const answer of [says('running'), says('pending'), says(7), { status: 500, body: undefined }]) {
      expect(await observe(answer)).toMatchObject({ kind: 'not_seen_yet' });
    }
  });
});
