import { describe, expect, it } from 'vitest';
import type { Terminal } from '#libs/bus/remediation-record';
import type { Complete, Refused } from '#libs/contracts/facts';
import type { Details } from '#libs/contracts/scalars';
import { aRequested, aTarget } from '#libs/testing/examples';
import { remediationComplete as eventOf } from './remediation-complete.ts';

const id = '00000000-0000-8000-8000-000000000001';
const at = '2024-11-02T19:45:30.123Z';
const requested = aRequested({ id });
const gates = [{ gate: 'cooldown', pass: true, message: 'no cooldown runs' }] as const;
const remediationComplete = (of: typeof requested, terminal: Terminal) => eventOf(of, terminal, gates);
const complete = (outcome: Complete['outcome'], message: string): Complete => ({
  type: 'complete',
  remediation_id: id,
  at,
  outcome,
  message,
  reached_docker: true,
  execution_log: [],
  targets: [aTarget()],
});
const refused = (more: Partial<Refused>): Refused => ({
  type: 'decided',
  remediation_id: id,
  at,
  verdict: 'refused',
  outcome: 'rejected',
  gates: [],
  reason: 'busy',
  message: 'busy',
  ...more,
});

describe('remediation_complete', () => {
  it('is the success event of the document when the patient recovered', () => {
    expect(
      remediationComplete(requested, {
        kind: 'complete',
        fact: complete('recovered', 'Container restarted and running'),
      }),
    ).toMatchObject({
      event_type: 'remediation_complete',
      container: 'web-app-1',
      action: 'restart',
      result: {
        status: 'success',
        action: 'restart',
        container: 'web-app-1',
        details: 'Container restarted and running',
      },
      timestamp: at,
      dry_run: false,
      reason: 'High CPU usage detected',
      gates,
    });
  });

  it('shows what a command printed, and tells a program that is not there from one that failed', () => {
    const endOf = (status: 'success' | 'failed', result: Details) => {
      const entry = { step: 1, action: 'exec', status, result };
      const outcome = status === 'success' ? 'executed' : 'failed';
      const fact = { ...complete(outcome, 'why'), execution_log: [entry] };
      return remediationComplete(requested, { kind: 'complete', fact });
    };
    const result = { command: 'ps -ef', exit_code: 1, output: 'PID', stdout: 'PID' };
    expect(endOf('success', result)).toMatchObject({
      result: { status: 'success', details: 'why', command: 'ps -ef', exit_code: 1, output: 'PID' },
    });
    expect(endOf('failed', { ...result, status: 'not_available' })).toMatchObject({
      result: { status: 'not_available', error: 'why', command: 'ps -ef' },
    });
    expect(endOf('failed', { ...result, status: 'timed_out' })).toMatchObject({
      result: { status: 'failed' },
    });
  });

  it('calls everything that did not verify failed, with its error', () => {
    for (const outcome of ['failed', 'ineffective', 'inconclusive', 'unknown'] as const) {
      const event = remediationComplete(requested, { kind: 'complete', fact: complete(outcome, 'why') });
      expect(event).toMatchObject({ outcome, result: { status: 'failed', error: 'why' } });
    }
  });

  it('is the failure event of the document when there is no such container', () => {
    const message = 'Container not found: web-app-1. Check the exact name.';
    const fact = refused({ reason: 'container_not_found', message });
    expect(remediationComplete(requested, { kind: 'decided', fact })).toMatchObject({
      message,
      result: { status: 'failed', error: 'Container not found: web-app-1' },
    });
  });

  it('is the rejection of the document for cooldown and breaker, with their numbers', () => {
    const cooling = refused({ reason: 'cooldown_active', remaining_seconds: 2_847 });
    expect(remediationComplete(requested, { kind: 'decided', fact: cooling })).toMatchObject({
      event_type: 'remediation_complete',
      container: 'web-app-1',
      status: 'rejected',
      reason: 'cooldown_active',
      remaining_seconds: 2_847,
      timestamp: at,
    });
    const open = refused({ reason: 'circuit_breaker_open', retry_count: 3 });
    expect(remediationComplete(requested, { kind: 'decided', fact: open })).toMatchObject({
      status: 'rejected',
      retry_count: 3,
    });
  });

  it('names the field that was wrong, and the targets that a name fits, under data too', () => {
    const errors = [{ field: 'confidence', message: 'must be at most 1' }];
    const invalid = refused({ reason: 'invalid_request', errors });
    const ambiguous = refused({ reason: 'ambiguous_target', candidates: ['a', 'b'] });
    for (const [fact, members] of [
      [invalid, { field: 'confidence', errors }],
      [ambiguous, { candidates: ['a', 'b'] }],
    ] as const) {
      const event = remediationComplete(requested, { kind: 'decided', fact });
      expect(event).toMatchObject({ status: 'rejected', ...members, data: members });
    }
  });

  it('carries the nested shape as well, for consumers that were written from the programs', () => {
    const event = remediationComplete(requested, { kind: 'complete', fact: complete('recovered', 'fine') });
    expect(event.data).toMatchObject({ container: 'web-app-1', result: { status: 'success' } });
  });
});
