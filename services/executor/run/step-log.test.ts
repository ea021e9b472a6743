import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Executed, type Started, stepStatuses, type Verified, verdicts } from '#libs/contracts/facts';
import type { Plan, Step } from '#libs/contracts/plan';
import { holds } from '../../../tests/proof/holds.ts';
import { endsPlan, nextMove, type PlanLog, type StepLog } from './step-log.ts';

const target = { engine: 'local', kind: 'container', name: 'web' } as const;
const base = {
  remediation_id: '11111111-1111-4111-8111-111111111111',
  at: '2024-11-02T19:45:30.000Z',
  action: 'restart',
};
const verify = { state: 'running', http_health: false, stability_seconds: 5, timeout_seconds: 60 } as const;

const started = (n: number): Started => ({
  ...base,
  type: 'started',
  n,
  target,
  evidence: {},
  settle_seconds: 15,
  calls: [],
});
const executed = (n: number, status: Executed['status']): Executed => ({
  ...base,
  type: 'executed',
  n,
  status,
  reached_docker: true,
  observed: false,
  result: {},
  duration_ms: 1,
});
const verified = (n: number, verdict: Verified['verdict']): Verified => ({
  ...base,
  type: 'verified',
  n,
  verdict,
  message: '',
  readings: {},
  duration_ms: 1,
});
const step = (n: number, change: Partial<Step> = {}): Step => ({
  n,
  action: 'restart',
  target,
  params: {},
  when: 'always',
  verify,
  ...change,
});
const move = (steps: readonly Step[], log: Readonly<Record<number, StepLog>>) => {
  const next = nextMove(
    { runbook: 'test', steps: [...steps] },
    new Map(Object.entries(log).map(([n, stands]) => [Number(n), stands])),
  );
  return next.kind === 'finish' ? 'finish' : `${next.kind} ${next.step.n}`;
};

describe('the next move', () => {
  it('goes straight through a step', () => {
    const one = [step(1)];
    expect(move(one, {})).toBe('begin 1');
    expect(move(one, { 1: { started: started(1), executed: executed(1, 'success') } })).toBe('verify 1');
    const log = { executed: executed(1, 'success'), verified: verified(1, 'healthy') };
    expect(move(one, { 1: log })).toBe('finish');
  });

  it('looks, and does not act, when a step was started and its end was never told', () => {
    expect(move([step(1)], { 1: { started: started(1) } })).toBe('recover 1');
  });

  it('verifies also what may have happened, and then ends', () => {
    const unknown = executed(1, 'unknown');
    const two = [step(1), step(2)];
    expect(move(two, { 1: { executed: unknown } })).toBe('verify 1');
    expect(move(two, { 1: { executed: unknown, verified: verified(1, 'healthy') } })).toBe('finish');
  });

  it('escalates on exactly unhealthy', () => {
    const two = [step(1), step(2, { when: 'if_unhealthy' })];
    const next = (verdict: Verified['verdict']) =>
      move(two, { 1: { executed: executed(1, 'success'), verified: verified(1, verdict) } });
    expect([next('unhealthy'), next('inconclusive'), next('healthy')]).toEqual([
      'begin 2',
      'skip 2',
      'skip 2',
    ]);
  });

  it('ends after a step that did not do what it should', () => {
    for (const status of ['failed', 'not_applicable', 'not_started'] as const) {
      expect(move([step(1), step(2)], { 1: { executed: executed(1, status) } })).toBe('finish');
    }
  });
});

describe('a step that the plan goes on after', () => {
  const two = [step(1, { on_failure: 'go_on', verify: null }), step(2)];
  const after = (status: Executed['status']) => move(two, { 1: { executed: executed(1, status) } });

  it('does not end it by failing, nor by what is not known of it', () => {
    expect((['failed', 'unknown', 'not_applicable', 'skipped'] as const).map(after)).toEqual(
      Array(4).fill('begin 2'),
    );
  });

  it('ends it all the same when the lease is lost', () => {
    expect(after('not_started')).toBe('finish');
  });
});

const arbitraryLog = fc.record(
  {
    started: fc.constant(true),
    executed: fc.constantFrom(...stepStatuses),
    verified: fc.constantFrom(...verdicts),
  },
  { requiredKeys: [] },
);
const arbitraryCase = fc
  .array(
    fc.record({
      when: fc.constantFrom('always', 'if_unhealthy'),
      looks: fc.boolean(),
      stands: arbitraryLog,
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((steps): { plan: Plan; log: PlanLog } => ({
    plan: {
      runbook: 'test',
      steps: steps.map(({ when, looks }, at) => step(at + 1, { when, verify: looks ? verify : null })),
    },
    log: new Map(
      steps.map(({ stands }, at) => [
        at + 1,
        {
          ...(stands.started ? { started: started(at + 1) } : {}),
          ...(stands.executed ? { executed: executed(at + 1, stands.executed) } : {}),
          ...(stands.verified ? { verified: verified(at + 1, stands.verified) } : {}),
        },
      ]),
    ),
  }));

describe('whatever stands in the log', () => {
  it('a step is begun only when nothing stands about it, and all before it are done', () => {
    holds(
      fc.property(arbitraryCase, ({ plan, log }) => {
        const next = nextMove(plan, log);
        if (next.kind !== 'begin') return;
        expect(log.get(next.step.n)?.started).toBeUndefined();
        expect(log.get(next.step.n)?.executed).toBeUndefined();
        for (const before of plan.steps.filter(({ n }) => n < next.step.n)) {
          const stands = log.get(before.n)?.executed;
          expect(stands && !endsPlan(before, stands)).toBe(true);
        }
      }),
    );
  });

  it('making the moves comes to an end, and begins each step at most once', () => {
    holds(
      fc.property(
        arbitraryCase,
        fc.infiniteStream(fc.constantFrom(...stepStatuses)),
        fc.infiniteStream(fc.constantFrom(...verdicts)),
        ({ plan, log: before }, statuses, opinions) => {
          let log = before;
          const begun: number[] = [];
          for (let moves = 0; ; moves += 1) {
            expect(moves).toBeLessThanOrEqual(2 * plan.steps.length);
            const next = nextMove(plan, log);
            if (next.kind === 'finish') break;
            const { n } = next.step;
            if (next.kind === 'begin') begun.push(n);
            const stands = log.get(n) ?? {};
            log = new Map(log).set(
              n,
              next.kind === 'verify'
                ? { ...stands, verified: verified(n, opinions.next().value) }
                : {
                    ...stands,
                    executed: executed(n, next.kind === 'skip' ? 'skipped' : statuses.next().value),
                  },
            );
          }
          expect(new Set(begun).size).toBe(begun.length);
        },
      ),
    );
  });
});

describe('a run that is cut off after any fact', () => {
  type Told = { readonly n: number; readonly stands: StepLog };

  /** The facts of one whole run, one after the other, as makeMove would state them. */
  const factsOf = (
    plan: Plan,
    statuses: Iterator<Executed['status']>,
    opinions: Iterator<Verified['verdict']>,
  ): Told[] => {
    const told: Told[] = [];
    let log: PlanLog = new Map();
    const tell = (n: number, stands: StepLog): void => {
      told.push({ n, stands });
      log = new Map(log).set(n, stands);
    };
    for (let next = nextMove(plan, log); next.kind !== 'finish'; next = nextMove(plan, log)) {
      const { n } = next.step;
      const stands = log.get(n) ?? {};
      if (next.kind === 'begin') tell(n, { started: started(n) });
      else if (next.kind === 'verify') tell(n, { ...stands, verified: verified(n, opinions.next().value) });
      else
        tell(n, {
          ...stands,
          executed: executed(n, next.kind === 'skip' ? 'skipped' : statuses.next().value),
        });
    }
    return told;
  };
  const plans = arbitraryCase.map(({ plan }) => plan);
  const runs = fc
    .tuple(
      plans,
      fc.infiniteStream(fc.constantFrom(...stepStatuses)),
      fc.infiniteStream(fc.constantFrom(...verdicts)),
    )
    .map(([plan, statuses, opinions]) => ({ plan, told: factsOf(plan, statuses, opinions) }));
  const logOf = (told: readonly Told[]): PlanLog => new Map(told.map(({ n, stands }) => [n, stands]));

  it('goes on where it was: it begins nothing that was begun, and goes back to no earlier step', () => {
    holds(
      fc.property(runs, ({ plan, told }) => {
        for (let cut = 0; cut <= told.length; cut += 1) {
          const next = nextMove(plan, logOf(told.slice(0, cut)));
          const last = told[cut - 1];
          if (next.kind === 'finish') expect(cut).toBe(told.length);
          else {
            expect(next.step.n).toBeGreaterThanOrEqual(last?.n ?? 1);
            if (next.kind === 'begin')
              expect(told.slice(0, cut).some(({ n }) => n === next.step.n)).toBe(false);
          }
        }
      }),
    );
  });

  it('looks, and does nothing else, at a step of which only the intent stands', () => {
    holds(
      fc.property(runs, ({ plan, told }) => {
        for (const [at, { stands }] of told.entries()) {
          if (stands.started && !stands.executed)
            expect(nextMove(plan, logOf(told.slice(0, at + 1))).kind).toBe('recover');
        }
      }),
    );
  });
});
