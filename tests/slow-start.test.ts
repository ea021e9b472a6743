import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Details } from '#libs/contracts/scalars';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';

const { docker } = testEngine();
let ground: MeshGround;
let image: string;
beforeAll(async () => {
  const env = { HEMOSTAT_VERIFY_TIMEOUT_SECONDS: '2', HEMOSTAT_BACK_OFF_SECONDS: '1' };
  [ground, image] = await Promise.all([startMeshGround({ env }), busyboxImage(docker)]);
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());

const second = 1e9;
/** Its HEALTHCHECK may call it starting for six seconds, after three of which its failures count. */
const slow = (probe: string, cmd = 'sleep 1000000'): Promise<TestContainer> =>
  startContainer(docker, {
    image,
    cmd: ['sh', '-c', cmd],
    healthcheck: { Test: ['CMD-SHELL', probe], Interval: second, StartPeriod: 3 * second, Retries: 3 },
  });
const why = 'its HEALTHCHECK has a start period of 3 s and 3 retries, 1 s apart';

async function ask({ name }: TestContainer, more: object = {}): Promise<Details> {
  const { body } = await ground.post({ container: name, action: 'restart', ...more }, { prefer: 'wait=60' });
  return body;
}
const verifiedOf = async (answer: Details) =>
  (await ground.record(String(answer.remediation_id)))?.steps[0]?.verified?.body;

it('a container that is healthy only after the time-out, within its start period, is recovered and restarted once', async () => {
  await using patient = await slow('test -e /up', 'rm -f /up; sleep 3.5; touch /up; sleep 1000000');
  const previewed = await ask(patient, { dry_run: true });
  expect(JSON.stringify(previewed)).toContain(`waits up to 6.5 s: ${why}`);
  const answer = await ask(patient);
  expect(answer).toMatchObject({ outcome: 'recovered', message: 'Container restarted and running' });
  expect((await verifiedOf(answer))?.message).toMatch(
    new RegExp(`stably running and its HEALTHCHECK is healthy. It took \\d s: ${why}`),
  );
  expect(await ground.restartsOf(patient)).toBe(1);
}, 60_000);

it('one of which nobody knows is given up when it may start no longer, and is left alone for at least as long', async () => {
  await using patient = await slow('sleep 1000');
  const answer = await ask(patient);
  expect(answer).toMatchObject({
    outcome: 'inconclusive',
    message: expect.stringContaining(`Time is up after 6.5 s: ${why}`),
  });
  expect((await verifiedOf(answer))?.duration_ms).toBeGreaterThan(6_000);
  const again = await ask(patient);
  expect(again).toMatchObject({ outcome: 'rejected', reason: 'back_off_active' });
  expect(again.remaining_seconds).toBeGreaterThan(3);
  expect(await ground.restartsOf(patient)).toBe(1);
}, 60_000);

it('one that Docker calls unhealthy is not well, but not before its start period is over', async () => {
  await using patient = await slow('false');
  const answer = await ask(patient);
  expect(answer).toMatchObject({ outcome: 'ineffective', message: expect.stringContaining('unhealthy') });
  expect((await verifiedOf(answer))?.duration_ms).toBeGreaterThan(3_000);
}, 60_000);
