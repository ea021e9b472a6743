import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiAnswer } from '#libs/testing/api-client';
import { type GatewayGround, startGatewayGround } from '#libs/testing/gateway-ground';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

let ground: GatewayGround;
beforeAll(async () => {
  ground = await startGatewayGround({ startSafety, startGateway });
});
afterAll(() => ground[Symbol.asyncDispose]());
const path = '/api/v1/remediations';
const waiting = { prefer: 'wait=20' };
const fresh = (): string => `patient-${randomUUID().slice(0, 8)}`;
const idsOf = ({ body }: ApiAnswer): readonly string[] =>
  body.remediations.map((each: { remediation_id: string }) => each.remediation_id);

it('shows what was asked for and how it ended, as the remediation itself does', async () => {
  const container = fresh();
  const wish = { container, action: 'restart' };
  const healed = (await ground.api.post(path, wish, waiting)).body;
  const refused = (await ground.api.post(path, wish, waiting)).body;
  const dry = (await ground.api.post(path, { ...wish, dry_run: true }, waiting)).body;
  const answer = await ground.other.get(`${path}?container=${container}`);
  expect(answer).toMatchObject({ status: 200, body: { next: null } });
  expect(idsOf(answer)).toEqual([dry.remediation_id, refused.remediation_id, healed.remediation_id]);
  for (const summary of answer.body.remediations) {
    const { body } = await ground.api.get(`${path}/${summary.remediation_id}`);
    const { ended_at, ...rest } = summary;
    expect(body).toMatchObject(rest);
    expect(ended_at).toBe(body.timeline.at(-1).at);
  }
  const of = async (filter: string) =>
    idsOf(await ground.api.get(`${path}?container=${container}&${filter}`));
  expect(await of('outcome=recovered')).toEqual([healed.remediation_id]);
  expect(await of('outcome=rejected')).toEqual([refused.remediation_id]);
  expect(await of('dry_run=true')).toEqual([dry.remediation_id]);
  expect(await of('state=requested')).toEqual([]);
  expect(await of(`since=${encodeURIComponent(dry.received_at)}`)).toEqual([dry.remediation_id]);
});

it('is paged by a cursor, in the body and as a link that keeps the filters', async () => {
  const principal = 'anonymous';
  const container = fresh();
  const asked: string[] = [];
  for (let n = 0; n < 7; n += 1) {
    const { body } = await ground.api.post(path, { container, action: 'restart', dry_run: true }, waiting);
    asked.unshift(body.remediation_id);
  }
  const seen: string[] = [];
  let url: string | undefined = `${path}?limit=3&principal=${principal}&container=${container}`;
  for (let pages = 0; url !== undefined && pages < 10; pages += 1) {
    const answer = await (pages % 2 ? ground.api : ground.other).get(url);
    seen.push(...idsOf(answer));
    const [, next] = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '') ?? [];
    expect(next === undefined).toBe(answer.body.next === null);
    if (next) expect(new URLSearchParams(next.split('?')[1]).get('cursor')).toBe(answer.body.next);
    url = next;
  }
  expect(seen).toEqual(asked);
});

it('refuses what it does not know, by name', async () => {
  const wrong = {
    'containers=a': 'query.containers',
    'state=done': 'query.state',
    'outcome=fine': 'query.outcome',
    'limit=0': 'query.limit',
    'limit=201': 'query.limit',
    'cursor=abc': 'query.cursor',
    'since=yesterday': 'query.since',
    'dry_run=maybe': 'query.dry_run',
    'door=window': 'query.door',
  };
  for (const [query, field] of Object.entries(wrong)) {
    expect(await ground.api.get(`${path}?${query}`)).toMatchObject({
      status: 400,
      body: { errors: [{ field }] },
    });
  }
});
