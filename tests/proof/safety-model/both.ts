import { expect } from 'vitest';
import type { Complete, Requested } from '#libs/contracts/facts';
import { targetId } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import type { Verdict } from '../../../services/safety/decide.ts';
import type { Policy } from '../../../services/safety/policy.ts';
import { type Ask, kinds, requestOf, targetAt, targets } from './asking.ts';
import { ControlBook } from './control-book.ts';
import { RealSafety } from './real.ts';
import { type Asked, heaviest, type No, TargetBook, type Wishes } from './reference.ts';

type Open = { readonly requested: Requested; readonly on: readonly number[] };

/** The reference and the real code beside it, at one instant. What is asked of one is asked of the other. */
export class Both {
  now = Date.parse('2026-01-01T12:00:00.000Z');
  readonly open: Open[] = [];
  readonly control = new ControlBook();
  readonly books = targets.map(() => new TargetBook());
  readonly real: RealSafety;
  readonly policy: Policy;
  readonly wishes: (Wishes | undefined)[] = targets.map(() => undefined);
  readonly isProtected: boolean[] = targets.map(() => false);
  verdicts = 0;
  /** Why was refused, as often as it was. */
  readonly refused: string[] = [];

  constructor(policy: Policy) {
    this.policy = policy;
    this.real = new RealSafety(policy);
  }

  ask(ask: Ask, dryRun: boolean): void {
    this.verdicts += 1;
    const id = `00000000-0000-8000-8000-${String(this.verdicts).padStart(12, '0')}`;
    const requested = requestOf(id, ask, this);
    const asked = ask.on.map((at) => this.askedOf(id, ask, at));
    const nos = this.expected(ask, asked);
    const verdict = dryRun
      ? this.real.wouldDecide(requested, this.now)
      : this.real.decide(requested, this.now);
    this.compare(verdict, nos, ask, asked);
    this.refused.push(...new Set(nos.map(({ reason }) => reason)));
    if (dryRun) return;
    ask.on.forEach((at, n) => {
      const [book, each] = [this.books[at], asked[n]];
      if (book && each) book.count(this.policy, each, this.now);
      if (book && nos.length === 0) book.lease = id;
    });
    if (nos.length === 0) this.open.push({ requested, on: ask.on });
  }

  wait(ms: number): void {
    this.now += ms;
  }

  /** `inVain`: seconds of a look that told nothing. */
  end(
    at: number,
    end: Pick<Complete, 'outcome' | 'reached_docker'>,
    told: boolean,
    inVain: number | undefined,
  ): void {
    const [open] = this.open.splice(at % Math.max(1, this.open.length), 1);
    if (!open) return;
    const { requested, on } = open;
    const verified = end.outcome === 'recovered';
    const spends =
      end.reached_docker && ['failed', 'ineffective', 'inconclusive', 'unknown'].includes(end.outcome);
    const effect = verified ? 'verified' : spends ? 'unverified' : 'none';
    // Where the effects are told, only the first target was acted upon.
    const effects =
      told && effect !== 'none'
        ? on.slice(0, 1).map((n) => ({
            target: targetAt(n),
            verified,
            ...(inVain === undefined ? {} : { back_off_seconds: inVain }),
          }))
        : [];
    const complete: Complete = {
      type: 'complete',
      remediation_id: requested.remediation_id,
      at: toInstant(this.now),
      message: '',
      execution_log: [],
      targets: on.map(targetAt),
      ...end,
      ...(told ? { effects } : {}),
    };
    // A second time changes nothing.
    for (let time = 0; time < 2; time += 1) this.real.end(complete);
    on.forEach((n, nth) => {
      const leastMs = told ? 1_000 * (inVain ?? 0) : 0;
      this.books[n]?.end(this.policy, told && nth > 0 ? 'none' : effect, this.now, leastMs);
    });
  }

  turns(): readonly number[] {
    const all = [...this.control.turns(), ...this.books.flatMap((book) => book.turns(this.policy))];
    return [...new Set(all)].filter((at) => at > this.now).sort((a, b) => a - b);
  }

  private expected(ask: Ask, asked: readonly Asked[]): readonly (No & { readonly target: string })[] {
    const killed = this.control.killed(this.now);
    return ask.on.flatMap((at, n) => {
      const target = targetId(targetAt(at));
      const [book, each] = [this.books[at], asked[n]];
      const own = book && each ? book.refusals(this.policy, each, this.now) : [];
      const maintained = this.control.maintained(target, this.now);
      const all = [...(killed ? [killed] : []), ...own];
      const early = all.filter(({ gate }) =>
        ['control', 'protected', 'labels', 'principal', 'confidence'].includes(gate),
      );
      const late = all.filter((no) => !early.includes(no));
      return [...early, ...(maintained ? [maintained] : []), ...late].map((no) => ({ ...no, target }));
    });
  }

  private compare(
    verdict: Verdict,
    nos: readonly (No & { readonly target: string })[],
    ask: Ask,
    asked: readonly Asked[],
  ): void {
    const said = verdict.gates
      .filter(({ pass }) => !pass)
      .map(({ gate, reason, allowed_at, remaining_seconds, target }) => ({
        gate,
        reason,
        allowed_at,
        remaining_seconds,
        ...(ask.on.length > 1 ? { target } : {}),
      }));
    const when = ({ until }: No) => ({
      allowed_at: until === undefined ? undefined : new Date(until).toISOString(),
      remaining_seconds: until === undefined ? undefined : Math.ceil((until - this.now) / 1_000),
    });
    expect(said).toEqual(
      nos.map((no) => ({
        gate: no.gate,
        reason: no.reason,
        ...when(no),
        ...(ask.on.length > 1 ? { target: no.target } : {}),
      })),
    );
    expect(verdict.gates).toHaveLength(11 * ask.on.length);
    const worst = heaviest(nos);
    if (!worst) {
      expect(verdict.kind).toBe('approve');
      return;
    }
    const at = ask.on.find((n) => targetId(targetAt(n)) === worst.target) ?? 0;
    const each = asked[ask.on.indexOf(at)];
    const retries =
      worst.gate === 'breaker' && each ? this.books[at]?.retryCount(this.policy, each, this.now) : undefined;
    const { reason, allowed_at, remaining_seconds, retry_count } =
      verdict.kind === 'refuse' ? verdict.refusal : { reason: 'none' };
    expect({ kind: verdict.kind, reason, allowed_at, remaining_seconds, retry_count }).toEqual({
      kind: 'refuse',
      reason: worst.reason,
      ...when(worst),
      retry_count: retries,
    });
  }

  private askedOf(id: string, ask: Ask, at: number): Asked {
    return {
      ...ask,
      id,
      kind: kinds[ask.action],
      isProtected: this.isProtected[at] === true,
      wishes: this.wishes[at],
    };
  }
}
