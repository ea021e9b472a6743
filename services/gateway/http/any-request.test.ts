import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { streams } from '#libs/contracts/subjects';
import { type GatewayGround, startGatewayGround } from '#libs/testing/gateway-ground';
import { holds } from '../../../tests/proof/holds.ts';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

let ground: GatewayGround;
beforeAll(async () => {
  ground = await startGatewayGround({ startSafety, startGateway });
});
afterAll(() => ground[Symbol.asyncDispose]());
const path = '/api/v1/remediations';

const names = fc.oneof(
  fc.stringMatching(/^[a-z0-9][a-zA-Z0-9_.-]{0,40}$/),
  fc.constantFrom('a.b.c', 'a.*.>', '>', ' ', 'x.hemostat.rpc', '../x', 'missing.x', ''),
  fc.string({ unit: 'binary', maxLength: 200 }),
);
const mostly = <T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: fc.anything() });
const wishes = fc.record(
  {
    container: mostly(names),
    action: mostly(fc.constant('restart')),
    confidence: mostly(fc.double({ min: 0, max: 1, noNaN: true })),
    reason: mostly(fc.string()),
    metrics: mostly(fc.object()),
    engine: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: names }),
    dry_run: fc.constant(true),
  },
  { requiredKeys: ['container', 'action', 'dry_run'] },
);
const bodies = fc.oneof(
  { weight: 1, arbitrary: fc.json() },
  { weight: 6, arbitrary: wishes.map((wish) => JSON.stringify(wish)) },
);

it('gets an answer that is documented and no 5xx, whatever its body and its names are', async () => {
  let accepted = 0;
  await holds(
    fc.asyncProperty(bodies, names, async (body, name) => {
      const word = encodeURIComponent(name);
      const answers = [
        await ground.api.post(path, body),
        await ground.api.get(`/api/v1/safety/explain?container=${word}`),
        await ground.api.get(`${path}/${word}`),
      ];
      if (answers[0]?.status === 202) accepted += 1;
      for (const { status } of answers) expect(status).toBeLessThan(500);
    }),
    { each: 400 },
  );
  expect(accepted).toBeGreaterThan(50);
  // Of 1,200 requests many go the whole way through NATS: a busy machine needs a minute for them.
}, 180_000);

it('is stated under its own id and nowhere else, whatever it was called', async () => {
  const { jsm } = ground.context.bus;
  const { state } = await jsm.streams.info(streams.facts, { subjects_filter: '>' });
  const subjects = Object.keys(state.subjects ?? {});
  expect(subjects.length).toBeGreaterThan(50);
  for (const subject of subjects) {
    expect(subject).toMatch(/^hemostat\.remediation\.[0-9a-f-]{36}\.(requested|decided\.local)$/);
  }
});
