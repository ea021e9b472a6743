import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Executed, Verified } from '#libs/contracts/facts';
import type { Plan } from '#libs/contracts/plan';
import { holds } from '../../../tests/proof/holds.ts';
import { endOf } from './outcome.ts';
import type { StepLog } from './step-log.ts';

const base = {
  remediation_id: '11111111-1111-4111-8111-111111111111',
  at: '2024-11-02T19:45:30.000Z',
  action: 'restart',
};
const web = { engine: 'local', kind: 'container', name: 'web' } as const;
const verify = { state: 'running', http_health: false, stability_seconds: 5, timeout_seconds: 60 } as const;
const plan = (steps: number, looks = true): Plan => ({
  runbook: 'test',
  steps: Array.from({ length: steps }, (_, at) => ({
    n: at + 1,
    action: 'restart',
    target: web,
    params: {},
    when: 'always',
    verify: looks ? verify : null,
  })),
});

function step(
  status: Executed['status'],
  verdict?: Verified['verdict'],
  more: Partial<Executed> = {},
): StepLog {
  return {
    executed: {
      ...base,
      type: 'executed',
      n: 1,
      status,
      reached_docker: status === 'success' || status === 'unknown',
      observed: false,
      result: status === 'success' ? { details: 'Container restarted' } : {},
      duration_ms: 1,
      ...more,
    },
    ...(verdict === undefined
      ? {}
      : {
          verified: {
            ...base,
            type: 'verified' as const,
            n: 1,
            verdict,
            message: 'it exited with code 1',
            readings: {},
            duration_ms: 1,
          },
        }),
  };
}
const end = (steps: readonly StepLog[], looks = true) =>
  endOf(plan(steps.length, looks), new Map(steps.map((stands, at) => [at + 1, stands])));

it('counts nothing on a target whose name stood for another one when its call was refused', () => {
  const by = { container_id: 'b', container_name: 'web', status: 'running', running: true, health: 'none' };
  const refused = (now: object) => step('failed', undefined, { reached_docker: true, result: { now } });
  const end = (now: object) => endOf(plan(1), new Map([[1, refused(now)]]));
  expect(end({ status: 'exited' })).toMatchObject({ outcome: 'failed', effects: [{ verified: false }] });
  const replaced = { outcome: 'inconclusive', effects: [], execution_log: [{ replaced_by: by }] };
  expect(end({ status: 'gone', replaced_by: by })).toMatchObject(replaced);
});

describe('a plan ends', () => {
  it('recovered, in the words of HemoStat, when the patient is well', () => {
    expect(end([step('success', 'healthy')])).toEqual({
      outcome: 'recovered',
      message: 'Container restarted and running',
      reached_docker: true,
      execution_log: [
        {
          step: 1,
          action: 'restart',
          status: 'success',
          result: { details: 'Container restarted' },
          verdict: 'healthy',
        },
      ],
      effects: [{ target: web, verified: true }],
    });
  });

  it('ineffective or inconclusive by the last look', () => {
    expect(end([step('success', 'unhealthy')])).toMatchObject({
      outcome: 'ineffective',
      message: 'Container restarted, but not well: it exited with code 1',
    });
    expect(end([step('success', 'inconclusive')]).outcome).toBe('inconclusive');
    expect(end([step('success', 'unhealthy'), step('success', 'healthy')]).outcome).toBe('recovered');
  });

  it('inconclusive, to be left alone for as long as the look took, or was to take', () => {
    const told = { ...step('success', 'inconclusive') };
    const started = { look_seconds: 275 } as StepLog['started'];
    expect(end([told]).effects).toEqual([{ target: web, verified: false, back_off_seconds: 1 }]);
    expect(end([{ ...told, started }]).effects).toMatchObject([{ back_off_seconds: 275 }]);
    expect(end([{ ...step('success', 'unhealthy'), started }]).effects).toEqual([
      { target: web, verified: false },
    ]);
  });

  it('executed when there is nothing to look at', () => {
    expect(end([step('success')], false)).toMatchObject({
      outcome: 'executed',
      message: 'Container restarted',
    });
  });

  it('unknown whenever a step is, however well the patient looks', () => {
    expect(end([step('unknown', 'healthy')])).toMatchObject({ outcome: 'unknown', reached_docker: true });
  });

  it('failed with the cause, and with the failed step in the log', () => {
    const error = { code: 'container_not_found', message: 'Container not found: web' };
    expect(end([step('failed', undefined, { error })])).toMatchObject({
      outcome: 'failed',
      message: 'Container not found: web',
      reached_docker: false,
      execution_log: [{ status: 'failed', error: 'Container not found: web' }],
    });
  });

  it('expired when it never started, but failed when it was cut short', () => {
    expect(end([step('not_started')]).outcome).toBe('expired');
    expect(end([step('success', 'unhealthy'), step('not_started')]).outcome).toBe('failed');
  });

  it('not applicable when the action makes no sense there', () => {
    expect(end([step('not_applicable')]).outcome).toBe('not_applicable');
  });

  it('not applicable, in the words of the step, when there was nothing to do', () => {
    const skipped = step('skipped', undefined, { result: { details: 'There is no attack abc' } });
    expect(end([skipped])).toMatchObject({ outcome: 'not_applicable', message: 'There is no attack abc' });
  });
});

describe('a plan with steps on several targets', () => {
  const endpoint = { engine: 'local', kind: 'endpoint', name: 'chaos/abc' } as const;
  const database = { ...web, name: 'db' };
  const steps: Plan['steps'] = [
    {
      n: 1,
      action: 'stop-chaos-attack',
      target: endpoint,
      params: {},
      when: 'always',
      verify: null,
      on_failure: 'go_on',
    },
    { n: 2, action: 'restart', target: web, params: {}, when: 'always', verify },
    { n: 3, action: 'restart', target: database, params: {}, when: 'if_unhealthy', verify },
  ];
  const ends = (...log: readonly StepLog[]) =>
    endOf({ runbook: 'test', steps }, new Map(log.map((stands, at) => [at + 1, stands])));
  const refused = step('failed', undefined, {
    reached_docker: true,
    error: { code: 'endpoint_refused', message: 'no' },
  });

  it('spends nothing on a target that was not acted upon, nor on one that cannot be verified', () => {
    expect(ends(step('success'), step('success', 'healthy'), step('skipped')).effects).toEqual([
      { target: web, verified: true },
    ]);
  });

  it('counts an escalation that helped as one for both', () => {
    const end = ends(step('success'), step('success', 'unhealthy'), step('success', 'healthy'));
    expect(end).toMatchObject({ outcome: 'recovered' });
    expect(end.effects).toEqual([
      { target: web, verified: true },
      { target: database, verified: true },
    ]);
  });

  it('recovers although a step failed that the plan goes on after, and counts that one', () => {
    const end = ends(refused, step('success', 'healthy'), step('skipped'));
    expect(end).toMatchObject({ outcome: 'recovered' });
    expect(end.effects).toEqual([
      { target: endpoint, verified: false },
      { target: web, verified: true },
    ]);
  });

  it('counts an attempt on everything that was acted upon in vain', () => {
    const end = ends(step('success'), step('success', 'unhealthy'), step('success', 'unhealthy'));
    expect(end).toMatchObject({ outcome: 'ineffective' });
    expect(end.effects?.map(({ verified }) => verified)).toEqual([false, false]);
  });

  it('fails when nothing but failed steps stand in the log', () => {
    const alone = endOf({ runbook: 'test', steps: steps.slice(0, 1) }, new Map([[1, refused]]));
    expect(alone).toMatchObject({ outcome: 'failed', message: 'no' });
  });
});

describe('the end of any plan', () => {
  const statuses = ['success', 'failed', 'unknown', 'skipped', 'not_applicable', 'not_started'] as const;
  const logs = fc.array(
    fc
      .tuple(
        fc.constantFrom(...statuses),
        fc.constantFrom(undefined, 'healthy', 'unhealthy', 'inconclusive'),
        fc.boolean(),
      )
      .map(([status, verdict, reached_docker]) => step(status, verdict, { reached_docker })),
    { minLength: 1, maxLength: 5 },
  );

  it('is recovered only when a step did what it should and the patient was seen to be well', () => {
    holds(
      fc.property(logs, (log) => {
        if (end(log).outcome !== 'recovered') return;
        expect(
          log.some(
            ({ executed, verified }) => executed?.status === 'success' && verified?.verdict === 'healthy',
          ),
        ).toBe(true);
      }),
    );
  });

  it('is unknown whenever the step that ended it is', () => {
    holds(
      fc.property(logs, (log) => {
        const ending = log.find(
          ({ executed }) => executed && !['success', 'skipped'].includes(executed.status),
        );
        if (ending?.executed?.status === 'unknown') expect(end(log).outcome).toBe('unknown');
      }),
    );
  });

  it('tells each target once, and none that nothing reached', () => {
    holds(
      fc.property(logs, (log) => {
        const { effects = [], reached_docker, outcome } = end(log);
        expect(effects.length).toBeLessThanOrEqual(1);
        expect(reached_docker || effects.length === 0).toBe(true);
        expect(effects.every(({ verified }) => !verified || outcome === 'recovered')).toBe(true);
      }),
    );
  });

  it('is nothing done, only when nothing reached the engine', () => {
    holds(fc.property(logs, (log) => end(log).outcome !== 'expired' || !end(log).reached_docker));
  });

  it('is the same, whoever tells it', () => {
    holds(
      fc.property(logs, (log) => {
        expect(end(structuredClone(log))).toEqual(end(log));
        expect(end(log).execution_log).toHaveLength(log.length);
      }),
    );
  });
});
