import { expect, it } from 'vitest';
import type { Executed } from '#libs/contracts/facts';
import type { ContainerReading } from '#libs/contracts/rpc';
import { exitedReading, laterAt, runningReading } from '#libs/testing/patient-example';
import { anExecuted, aVerified, wellTarget } from '#libs/testing/workflow-example';
import { aftermathOf } from './aftermath.ts';

const aftermath = (executed: Partial<Executed>, container?: Partial<ContainerReading> | { why: string }) =>
  aftermathOf({
    started: {
      ...anExecuted(1),
      type: 'started',
      target: { engine: 'local', kind: 'container', name: 'web' },
      evidence: { container_name: 'web', before: runningReading, network_dependents: ['one', 'two'] },
      settle_seconds: 1,
      calls: [],
    },
    executed: anExecuted(1, { reached_docker: true, ...executed }),
    verified: container && { ...aVerified(1, 'healthy', wellTarget), readings: { container } },
  });
const lost = { members: { network_lost_by: ['one', 'two'] } };

it('names who lost a network by what was seen last, and tells to restart them where that helps', () => {
  const again = aftermath({}, { ...runningReading, started_at: laterAt });
  expect(again).toMatchObject(lost);
  expect(again.sentences).toEqual(['one, two shared the network of web and lost it; restart them, too']);
  expect(aftermath({}, exitedReading).sentences).toEqual(['one, two shared the network of web and lost it']);
  expect(aftermath({}, { why: 'nobody could look' })).toMatchObject(lost);
  expect(
    aftermath({ status: 'failed', result: { now: { status: 'exited', running: false } } }),
  ).toMatchObject(lost);
});

it('names nobody where the run goes on, or where nothing was done or nobody knows', () => {
  for (const nothing of [
    aftermath({}, runningReading),
    aftermath({ status: 'failed', result: { now: { status: 'running', running: true } } }),
    aftermath({ status: 'failed', reached_docker: false }),
    aftermath({ status: 'unknown' }),
  ]) {
    expect(nothing).toEqual({ members: {}, sentences: [] });
  }
});
