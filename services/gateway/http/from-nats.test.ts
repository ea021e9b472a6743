import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stateFact } from '#libs/bus/fact';
import { requestedSchema } from '#libs/contracts/facts';
import { completeSubject, requestedSubject } from '#libs/contracts/subjects';
import { aRequested, aTarget } from '#libs/testing/examples';
import { type GatewayGround, startGatewayGround } from '#libs/testing/gateway-ground';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

let ground: GatewayGround;
beforeAll(async () => {
  ground = await startGatewayGround({ startSafety, startGateway });
});
afterAll(() => ground[Symbol.asyncDispose]());
const path = '/api/v1/remediations';
const unavailable = {
  status: 503,
  body: {
    code: 'service_unavailable',
    detail: expect.stringMatching(/another version of hemostat.*Let all services run the same version/),
  },
};

/** A fact as a version would write it that is not known here. */
const stateUnknown = (subject: string): Promise<unknown> =>
  stateFact(ground.context.bus, subject, z.unknown(), { type: 'of_another_version' });

describe('a remediation of which another version wrote a fact', () => {
  it('cannot be read and not be followed, and the answer says why and what to do', async () => {
    const id = randomUUID();
    await stateUnknown(requestedSubject(id));
    expect(await ground.api.get(`${path}/${id}`)).toMatchObject(unavailable);
    expect(await ground.api.get(`${path}/${id}/events`)).toMatchObject(unavailable);
  });

  it('is told so also when its end alone is unreadable, and to who comes back to follow it', async () => {
    const id = randomUUID();
    const requested = aRequested({ id, target: aTarget(`patient-${id}`) });
    await stateUnknown(completeSubject(id));
    await stateFact(ground.context.bus, requestedSubject(id), requestedSchema, requested);
    expect(await ground.api.get(`${path}/${id}`)).toMatchObject(unavailable);
    const again = { 'last-event-id': '1' };
    expect(await ground.api.call('GET', `${path}/${id}/events`, undefined, again)).toMatchObject(unavailable);
  });
});
