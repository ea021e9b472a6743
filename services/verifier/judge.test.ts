import { describe, expect, it } from 'vitest';
import type { ContainerReading, TargetHealth } from '#libs/contracts/rpc';
import { progressSchema } from '#libs/contracts/rpc';
import { beginning, type HttpReading, type Judgement, judge, type Readings } from './judge.ts';
import type { ContainerQuestion } from './judge-container.ts';

const began = Date.parse('2025-01-01T00:00:00.000Z');
const oldRun = '2024-12-31T00:00:00.123456789Z';
const newRun = '2025-01-01T00:00:00.000000001Z';
const laterRun = (n: number): string => `2025-01-01T00:00:${String(n).padStart(2, '0')}.5Z`;

const running: ContainerReading = {
  exists: true,
  container_id: 'f'.repeat(64),
  status: 'running',
  running: true,
  paused: false,
  restarting: false,
  started_at: newRun,
  finished_at: null,
  exit_code: null,
  oom_killed: false,
  health: 'none',
  health_log: null,
};
const exited: ContainerReading = { ...running, running: false, status: 'exited', exit_code: 1 };
const gone: ContainerReading = {
  ...exited,
  exists: false,
  container_id: null,
  started_at: null,
  status: 'gone',
};
const looping = (n: number): ContainerReading => ({
  ...running,
  restarting: true,
  status: 'restarting',
  started_at: laterRun(n),
  exit_code: 1,
});
const paused: ContainerReading = { ...running, paused: true, status: 'paused' };
const away = { why: 'The executor does not answer.' };

const health = (verdict: TargetHealth['verdict']): TargetHealth => ({
  is_healthy: verdict === 'healthy',
  verdict,
  health_status: null,
  database_status: null,
  pool_health: null,
  pool_utilization: null,
  error_rate_percent: null,
  avg_response_time_ms: null,
  details: {},
  message: `The target is ${verdict}.`,
});
const http = (verdict: TargetHealth['verdict']): HttpReading => ({
  is: 'answered',
  health: health(verdict),
});
const waiting = (last: TargetHealth | null): HttpReading => ({ is: 'waiting', last });

const question = (change: Partial<ContainerQuestion['expectation']> = {}): ContainerQuestion => ({
  expectation: { state: 'running', http_health: false, stability_seconds: 5, timeout_seconds: 60, ...change },
  startedBefore: oldRun,
});

type Look = Readings['container'] | Readings;
const asReadings = (look: Look): Readings => ('container' in look ? look : { container: look, http: null });

/** One look a second; the judgement of the last. */
function watch(looks: readonly Look[], about = question()): Judgement {
  let judgement: Judgement | undefined;
  for (const [second, look] of looks.entries()) {
    const before = judgement?.progress ?? beginning(began);
    judgement = judge(before, asReadings(look), about, began + second * 1_000);
  }
  if (!judgement) throw new Error('no looks');
  return judgement;
}
const times = (count: number, look: Look): Look[] => Array.from({ length: count }, () => look);
/** Looks until a second past the time-out. */
const untilLate = (look: Look): Look[] => times(62, look);

describe('a patient expected to run', () => {
  it('is healthy after running without a break for the stability window, and not before', () => {
    expect(watch(times(5, running)).verdict).toBe('pending');
    expect(watch(times(6, running)).verdict).toBe('healthy');
  });

  it('is pending while Docker still shows the run from before the step', () => {
    expect(watch(times(30, { ...running, started_at: oldRun })).verdict).toBe('pending');
  });

  it('counts stability from the new run only', () => {
    const old = { ...running, started_at: oldRun };
    expect(watch([...times(10, old), ...times(5, running)]).verdict).toBe('pending');
    expect(watch([...times(10, old), ...times(6, running)]).verdict).toBe('healthy');
  });

  it('is unhealthy when it was never started anew in time', () => {
    const judgement = watch(untilLate({ ...running, started_at: oldRun }));
    expect(judgement.verdict).toBe('unhealthy');
    expect(judgement.message).toContain('not been started anew');
  });

  it('may keep its run when nothing had to be started', () => {
    const about = { ...question(), startedBefore: null };
    expect(watch(times(6, { ...running, started_at: oldRun }), about).verdict).toBe('healthy');
  });

  it('starts its window again after a break, and is healthy if it then lasts', () => {
    const again = { ...running, started_at: laterRun(3) };
    expect(watch([...times(4, running), ...times(5, again)]).verdict).toBe('pending');
    expect(watch([...times(4, running), ...times(6, again)]).verdict).toBe('healthy');
  });

  it('is unhealthy once it was seen dead twice in a row', () => {
    expect(watch([running, exited]).verdict).toBe('pending');
    const judgement = watch([running, exited, exited]);
    expect(judgement.verdict).toBe('unhealthy');
    expect(judgement.message).toContain('exit code 1');
  });

  it('is not called dead for the moment between the stop and the start of a restart', () => {
    const between = { ...exited, started_at: oldRun };
    expect(watch(times(10, between)).verdict).toBe('pending');
    expect(watch([...times(10, between), ...times(6, running)]).verdict).toBe('healthy');
    expect(watch(untilLate(between)).verdict).toBe('unhealthy');
  });

  it('is unhealthy when the container is gone and no other one takes its name for some seconds', () => {
    const removing = { ...exited, status: 'removing' };
    expect(watch([removing, ...times(8, gone)])).toMatchObject({ verdict: 'pending' });
    expect(watch([removing, ...times(9, gone)])).toMatchObject({ verdict: 'unhealthy' });
    expect(watch(times(10, gone)).message).toContain('is gone');
  });

  it('is told with the exit code of the run that ended, never with one of a run that goes on', () => {
    const again = (n: number) => ({ ...running, started_at: laterRun(n) });
    const crashed = { ...looping(1), exit_code: 7 };
    const judgement = watch([running, crashed, again(2), again(3), again(4)]);
    expect(judgement).toMatchObject({
      verdict: 'unhealthy',
      message: expect.stringContaining('3 times while it was watched with exit code 7'),
    });
    expect(watch([running, ...[2, 3, 4].map(again)]).message).not.toContain('exit code');
    const killed = { ...exited, started_at: oldRun, exit_code: 137 };
    expect(watch([killed, running, ...[2, 3, 4].map(again)]).message).not.toContain('137');
  });

  it('that was created and never started has not exited', () => {
    const created = { ...exited, status: 'created', started_at: null, exit_code: null };
    expect(watch([created, created]).message).toBe(
      'The container was created and never started, expected: running.',
    );
  });

  it('says so when it was killed for want of memory', () => {
    expect(watch(times(2, { ...exited, oom_killed: true, exit_code: 137 })).message).toContain(
      'want of memory',
    );
  });

  it('is unhealthy as soon as three of its runs have ended', () => {
    expect(watch([looping(1), looping(2)]).verdict).toBe('pending');
    const judgement = watch([looping(1), looping(2), looping(3)]);
    expect(judgement.verdict).toBe('unhealthy');
    expect(judgement.message).toContain('crash-looping');
  });

  it('counts every run once that was seen alive and then ending', () => {
    const run = (n: number): ContainerReading => ({ ...running, started_at: laterRun(n) });
    expect(watch([run(1), looping(1), run(2), looping(2), run(3)]).progress.breaks).toBe(2);
    expect(watch([run(1), looping(1), run(2), looping(2), run(3), looping(3)]).verdict).toBe('unhealthy');
  });

  it('is unhealthy at the time-out when it is about to be started again', () => {
    expect(watch(untilLate(looping(1))).verdict).toBe('unhealthy');
  });

  it('is not healthy while its HEALTHCHECK is starting, and inconclusive if that never ends', () => {
    const starting = { ...running, health: 'starting' as const };
    expect(watch(times(60, starting)).verdict).toBe('pending');
    expect(watch(untilLate(starting)).verdict).toBe('inconclusive');
    expect(watch([...times(10, starting), { ...running, health: 'healthy' as const }]).verdict).toBe(
      'healthy',
    );
  });

  it('is unhealthy when its HEALTHCHECK says so twice, and tells what it said', () => {
    const sick = { ...running, health: 'unhealthy' as const, health_log: 'no route\nto db' };
    expect(watch([running, sick]).verdict).toBe('pending');
    expect(watch([sick, sick])).toMatchObject({ verdict: 'unhealthy' });
    expect(watch([sick, sick]).message).toContain('no route to db');
  });

  it('is unhealthy when it is left paused', () => {
    expect(watch(times(30, paused)).verdict).toBe('pending');
    expect(watch(untilLate(paused)).verdict).toBe('unhealthy');
  });

  it('loses nothing when it cannot be looked at for a while', () => {
    expect(watch([running, running, away, away, away, running]).verdict).toBe('healthy');
  });

  it('is inconclusive when it cannot be looked at until time is up', () => {
    const judgement = watch([running, ...untilLate(away)]);
    expect(judgement.verdict).toBe('inconclusive');
    expect(judgement.message).toContain('The executor does not answer');
  });

  it('is inconclusive when it came up so late that stability could not be seen', () => {
    const old = { ...running, started_at: oldRun };
    expect(watch([...times(58, old), ...times(4, running)]).verdict).toBe('inconclusive');
  });

  it('keeps progress that the contract takes', () => {
    for (const looks of [[running], [away], [gone, gone], [looping(1)]]) {
      expect(progressSchema.safeParse(watch(looks).progress).success).toBe(true);
    }
  });
});

describe('a patient whose target server is asked as well', () => {
  const about = question({ http_health: true });
  const both = (container: ContainerReading, reading: HttpReading): Readings => ({
    container,
    http: reading,
  });
  const good = both(running, http('healthy'));

  it('needs three good answers in a row besides its stability', () => {
    const bad = both(running, http('unhealthy'));
    expect(watch(times(6, good), about).verdict).toBe('healthy');
    expect(watch([...times(6, bad), good, good], about).verdict).toBe('pending');
    expect(watch([...times(6, bad), good, good, bad, good, good], about).verdict).toBe('pending');
    expect(watch([...times(6, bad), good, good, good], about).verdict).toBe('healthy');
  });

  it('does not count answers that came from the run before', () => {
    const before = both({ ...running, started_at: oldRun }, http('healthy'));
    const silent = both(running, waiting(null));
    expect(watch([...times(10, before), ...times(10, silent)], about).verdict).toBe('pending');
  });

  it('is unhealthy when the target still says so at the time-out, and not before', () => {
    expect(watch(times(59, both(running, http('unhealthy'))), about).verdict).toBe('pending');
    expect(watch(untilLate(both(running, http('unhealthy'))), about).verdict).toBe('unhealthy');
  });

  it('is inconclusive when the target says what nobody understands', () => {
    expect(watch(untilLate(both(running, http('inconclusive'))), about).verdict).toBe('inconclusive');
  });

  it('is unhealthy only by three answers in a row: one bad one at the end escalates nothing', () => {
    const bad = both(running, http('unhealthy'));
    const odd = both(running, http('inconclusive'));
    expect(watch([...times(59, odd), bad, bad], about).verdict).toBe('inconclusive');
    expect(watch([...times(58, odd), bad, bad, bad], about).verdict).toBe('unhealthy');
    expect(watch([...times(58, bad), good, bad, bad], about).verdict).toBe('inconclusive');
  });

  it('judges a slow target by what it said, and one that says nothing new not at all', () => {
    const bad = both(running, http('unhealthy'));
    const slow = both(running, waiting(health('unhealthy')));
    expect(watch(untilLate(both(running, waiting(null))), about).verdict).toBe('inconclusive');
    expect(watch(untilLate(slow), about).verdict).toBe('inconclusive');
    expect(watch([...times(57, slow), bad, slow, bad, slow, bad], about).verdict).toBe('unhealthy');
  });

  it('lets the container speak first', () => {
    expect(watch(times(2, both(exited, http('healthy'))), about).verdict).toBe('unhealthy');
    expect(watch(untilLate({ container: away, http: http('unhealthy') }), about).verdict).toBe(
      'inconclusive',
    );
  });

  it('says at the end what the target said', () => {
    expect(watch(times(6, good), about).message).toContain('The target is healthy.');
  });
});

describe('a patient expected to be stopped or paused', () => {
  const toExit = { ...question({ state: 'exited' }), startedBefore: null };
  const toPause = { ...question({ state: 'paused' }), startedBefore: null };

  it('is healthy once it stayed stopped', () => {
    expect(watch(times(5, exited), toExit).verdict).toBe('pending');
    expect(watch(times(6, exited), toExit).verdict).toBe('healthy');
    expect(watch(times(6, gone), toExit).verdict).toBe('healthy');
  });

  it('is unhealthy when it still runs at the time-out or comes back again and again', () => {
    expect(watch(untilLate(running), toExit).verdict).toBe('unhealthy');
    const comesBack = [exited, running, exited, running, exited, running];
    expect(watch(comesBack, toExit).verdict).toBe('unhealthy');
  });

  it('is not stopped while its restart policy is about to start it, nor when it did so between two looks', () => {
    expect(watch(untilLate(looping(1)), toExit).verdict).toBe('unhealthy');
    const again = { ...exited, started_at: laterRun(3) };
    expect(watch([...times(5, exited), ...times(5, again)], toExit).verdict).toBe('pending');
    expect(watch([...times(5, exited), ...times(6, again)], toExit).verdict).toBe('healthy');
  });

  it('is not paused before it stayed so, a break in it begins its window anew', () => {
    expect(watch(times(5, paused), toPause).verdict).toBe('pending');
    expect(watch([...times(5, paused), running, ...times(5, paused)], toPause).verdict).toBe('pending');
    expect(watch([...times(5, paused), running, ...times(6, paused)], toPause).verdict).toBe('healthy');
    const restless = Array.from({ length: 3 }, () => [paused, running]).flat();
    expect(watch(restless, toPause)).toMatchObject({
      verdict: 'unhealthy',
      message: expect.stringContaining('does not stay paused'),
    });
  });

  it('is healthy once it stayed paused, and unhealthy when it died of it', () => {
    expect(watch(times(6, paused), toPause).verdict).toBe('healthy');
    expect(watch(untilLate(running), toPause).verdict).toBe('unhealthy');
    expect(watch([paused, exited, exited], toPause).verdict).toBe('unhealthy');
  });

  it('asks no target server', () => {
    const readings = { container: exited, http: http('unhealthy') };
    const about = { ...toExit, expectation: { ...toExit.expectation, http_health: true } };
    expect(watch(times(6, readings), about).verdict).toBe('healthy');
  });
});

describe('a patient that is still starting', () => {
  const healthcheck = { start_period_seconds: 180, interval_seconds: 30, retries: 3 };
  const starting: ContainerReading = { ...running, health: 'starting', healthcheck };
  const about = question({ starting_seconds: 600 });

  it('is waited for as long as its HEALTHCHECK states, and healthy as soon as that says so', () => {
    expect(watch(times(275, starting), about).verdict).toBe('pending');
    const judgement = watch([...times(151, starting), { ...starting, health: 'healthy' }], about);
    expect(judgement.verdict).toBe('healthy');
    expect(judgement.message).toContain('It took 151 s: its HEALTHCHECK has a start period of 180 s');
  });

  it('is inconclusive when it has not said so by then, with the reason why it was waited so long', () => {
    expect(watch(times(276, starting), about)).toMatchObject({
      verdict: 'inconclusive',
      message: expect.stringMatching(
        /^Time is up after 275 s: its HEALTHCHECK has a start period of 180 s and/,
      ),
    });
  });

  it('is waited for no longer than the plan allows, nor longer than any other without a word of it', () => {
    const bounded = watch(times(106, starting), question({ starting_seconds: 100 }));
    expect(bounded).toMatchObject({
      verdict: 'inconclusive',
      message: expect.stringContaining('HEMOSTAT_START_PERIOD_MAX_SECONDS allows 100 s'),
    });
    expect(watch(untilLate(starting)).verdict).toBe('inconclusive');
    expect(watch(untilLate({ ...starting, health: 'unhealthy' }), about).verdict).toBe('unhealthy');
  });

  it('is not given up because of one look that failed', () => {
    expect(watch([...times(100, starting), away, ...times(20, starting)], about).verdict).toBe('pending');
    expect(watch([...times(100, starting), away], about).verdict).toBe('pending');
  });
});

describe('a patient whose name stands for another one by now', () => {
  const replaced_by = {
    container_id: 'abcdef0123456789',
    container_name: 'web',
    status: 'running',
    running: true,
    health: 'healthy' as const,
  };

  it('is inconclusive at once, and who has the name is told with how it is', () => {
    expect(watch([{ ...gone, replaced_by }])).toMatchObject({
      verdict: 'inconclusive',
      message:
        'web is another one by now (abcdef012345, running, its HEALTHCHECK healthy). The one that was acted on is gone.',
    });
    expect(watch([{ ...exited, replaced_by }]).message).toContain(
      'acted on has another name and has exited with exit code 1',
    );
  });

  it('is never well, however well it is, nor ill: also when it is a service', () => {
    expect(watch([...times(10, running), { ...running, replaced_by }]).verdict).toBe('inconclusive');
    const service = { ...gone, replicas: { desired: 1, running: 0 }, replaced_by };
    expect(watch([service, service]).verdict).toBe('inconclusive');
  });
});
