import { expect } from 'vitest';
import type { Details } from '#libs/contracts/scalars';

/** What somebody knows who has read the HemoStat responder's document and nothing else: its events, in and out. */

export function needed(container: string, more: Details = {}): Details {
  return {
    event_type: 'remediation_needed',
    container,
    action: 'restart',
    reason: 'High CPU usage detected',
    confidence: 0.95,
    metrics: { cpu_percent: 95.5, memory_percent: 72.3 },
    analysis_method: 'ai',
    ...more,
  };
}

/** As HemoStat's programs send it: everything under `data`, and a timestamp without a zone. */
export function nested(container: string): Details {
  const { event_type, ...data } = needed(container);
  return { event_type, timestamp: '2024-11-02T19:45:30.123456', agent: 'analyzer', data };
}

const documented = {
  success: (container: string, dryRun: boolean, details: unknown) => ({
    event_type: 'remediation_complete',
    container,
    action: 'restart',
    result: { status: 'success', action: 'restart', container, details },
    dry_run: dryRun,
    reason: 'High CPU usage detected',
    confidence: 0.95,
  }),
  failure: (container: string, result: Details) => ({
    event_type: 'remediation_complete',
    container,
    action: 'restart',
    result: { status: 'failed', ...result },
    dry_run: false,
    reason: 'High CPU usage detected',
    confidence: 0.95,
  }),
  rejection: (container: string, reason: string, numbers: Details) => ({
    event_type: 'remediation_complete',
    container,
    status: 'rejected',
    reason,
    ...numbers,
    // Not in the document.
    action: 'restart',
    message: expect.any(String),
    allowed_at: instant,
    dry_run: false,
    confidence: 0.95,
  }),
};

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** The event to the member: what the document shows, a copy of that under `data`, and what is ours at the top. */
function event(
  outcome: string,
  { event_type, ...shown }: { readonly event_type: string; readonly [member: string]: unknown },
  ours: Details = {},
): Details {
  const data = { ...shown, timestamp: instant, outcome, remediation_id: expect.any(String) };
  return { event_type, ...data, gates: expect.any(Array), ...ours, data };
}

export const events = {
  success: (container: string, details: unknown) =>
    event('recovered', documented.success(container, false, details), { execution_log: expect.any(Array) }),
  dryRun: (container: string) =>
    event('dry_run', documented.success(container, true, expect.stringContaining('docker restart')), {
      would_be: 'approved',
      preview: expect.any(Object),
    }),
  notFound: (container: string) =>
    event('rejected', {
      ...documented.failure(container, { error: `Container not found: ${container}` }),
      message: expect.stringContaining('docker ps -a'),
    }),
  ineffective: (container: string) =>
    event(
      'ineffective',
      documented.failure(container, { action: 'restart', container, error: expect.any(String) }),
      { execution_log: expect.any(Array) },
    ),
  cooldown: (container: string) =>
    event(
      'rejected',
      documented.rejection(container, 'cooldown_active', { remaining_seconds: expect.any(Number) }),
    ),
  breakerOpen: (container: string) =>
    event(
      'rejected',
      documented.rejection(container, 'circuit_breaker_open', {
        retry_count: 3,
        remaining_seconds: expect.any(Number),
      }),
    ),
};
