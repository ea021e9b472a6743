import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nkeyAuthenticator, nkeys } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService } from '#libs/bus/open-service';
import { until } from '#libs/testing/until';
import { tell } from '../tell.ts';
import { oneByOne, type Row } from './expected-publishes.ts';
import { onStreams } from './expected-streams.ts';
import { subscriptions } from './expected-subscriptions.ts';
import { connectEverybody, type Parties, refusedPublishes, refusedSubscriptions } from './roles.ts';

const publishes: readonly Row[] = [...oneByOne, ...onStreams];
const split = (roles: string): readonly string[] => roles.split(' ').filter((role) => role !== '');

let parties: Parties;
beforeAll(async () => {
  parties = await connectEverybody();
  const { nats } = parties;
  const env = { NATS_URL: nats.server.url, NATS_NKEY_FILE: nats.keyFile('setup'), LOG_LEVEL: 'silent' };
  await using _ = await openService('setup', { env, signal: new AbortController().signal });
}, 60_000);
afterAll(() => parties[Symbol.asyncDispose]());

type Surplus = readonly string[];
const found: { surplus: string[]; missing: string[]; tries: number } = { surplus: [], missing: [], tries: 0 };

function compare(role: string, rows: readonly Row[], refused: ReadonlySet<string>): Surplus {
  const wrong = rows.flatMap(([subject, by]) => {
    const may = split(by).includes(role);
    const could = !refused.has(subject);
    found.tries += 1;
    if (could && !may) found.surplus.push(`${role} ${subject}`);
    if (!could && may) found.missing.push(`${role} ${subject}`);
    return could === may ? [] : [`${role} ${could ? 'may' : 'may not'} ${subject}`];
  });
  return wrong;
}

describe('on a locked NATS', () => {
  it('everybody may publish exactly what the table says, and nothing else', async () => {
    const wrong = await Promise.all(
      parties.all.map(async ({ role, nc }) => {
        const subjects = publishes.map(([subject]) => subject);
        return compare(role, publishes, await refusedPublishes(nc, subjects));
      }),
    );
    expect(wrong.flat()).toEqual([]);
  }, 60_000);

  it('what the server refused had no effect: each subject holds what those published who may, and nothing is gone', async () => {
    const jsm = await jetstreamManager(parties.of('operator'), { checkAPI: false });
    for (const stream of [
      'HEMOSTAT',
      'HEMOSTAT_INBOX',
      'HEMOSTAT_AUDIT',
      'HEMOSTAT_DEAD',
      'KV_hemostat_audit',
    ]) {
      const { state } = await jsm.streams.info(stream, { subjects_filter: '>' });
      for (const [subject, count] of Object.entries(state.subjects ?? {})) {
        const by = publishes.find(([each]) => each === subject)?.[1];
        expect({ subject, count }).toEqual({ subject, count: split(by ?? '').length });
      }
      expect(Object.keys(state.subjects ?? {}).length).toBeGreaterThan(0);
    }
    const { consumer_count: consumers } = (await jsm.streams.info('HEMOSTAT')).state;
    expect(consumers).toBe(5);
  });

  it('everybody may hear exactly what the table says, and nothing else', async () => {
    const wrong = await Promise.all(
      parties.all.map(async ({ role, nc }) => {
        const rows = subscriptions.map(([row]) => row);
        return compare(role, subscriptions, await refusedSubscriptions(nc, rows));
      }),
    );
    expect(wrong.flat()).toEqual([]);
  }, 60_000);

  it('a key that is not in the configuration opens nothing', async () => {
    const seed = nkeys.createUser().getSeed();
    const knock = connect({
      servers: parties.nats.server.url,
      authenticator: nkeyAuthenticator(seed),
      reconnect: false,
    });
    await expect(knock).rejects.toThrow(/Authorization/i);
  });

  it('who publishes to the inbox is told that it is stored, and cannot have that answer stand among the facts', async () => {
    const jsm = await jetstreamManager(parties.of('operator'), { checkAPI: false });
    const inbox = async () => (await jsm.streams.info('HEMOSTAT_INBOX')).state.last_seq;
    const before = await inbox();
    for (const [role, subject] of [
      ['anonymous', 'hemostat.remediation_needed'],
      ['alertmanager', 'hemostat.remediation_needed.alertmanager'],
    ] as const) {
      const nc = parties.of(role);
      expect((await nc.request(subject, '{}')).json()).toMatchObject({ stream: 'HEMOSTAT_INBOX' });
      for (const reply of ['hemostat.remediation.FORGED.complete', '$KV.hemostat_safety.forged'])
        nc.publish(subject, '{}', { reply });
      await nc.flush();
    }
    await until('all of it is stored', async () => (await inbox()) === before + 6 || undefined);
    for (const [stream, subject] of [
      ['HEMOSTAT', 'hemostat.remediation.FORGED.complete'],
      ['KV_hemostat_safety', '$KV.hemostat_safety.forged'],
    ] as const)
      expect(await jsm.streams.getMessage(stream, { last_by_subj: subject })).toBeNull();
  });

  it('who takes results cannot have them, or the word that there are none, come to anything but an inbox', async () => {
    const nc = parties.of('alertmanager');
    const jsm = await jetstreamManager(parties.of('operator'), { checkAPI: false });
    const consumers = (await jetstreamManager(nc)).consumers;
    await consumers.add('HEMOSTAT_RESULTS', { durable_name: 'alertmanager', ack_policy: 'explicit' });
    const inbox = async () => (await jsm.streams.info('HEMOSTAT_INBOX')).state.last_seq;
    const before = await inbox();
    const next = '$JS.API.CONSUMER.MSG.NEXT.HEMOSTAT_RESULTS.alertmanager';
    for (const reply of [
      '$JS.API.STREAM.DELETE.HEMOSTAT_RESULTS',
      '$JS.API.CONSUMER.DELETE.HEMOSTAT_RESULTS.alertmanager',
      'hemostat.remediation_needed.somebody',
    ])
      for (const batch of [1, 100]) nc.publish(next, JSON.stringify({ batch, no_wait: true }), { reply });
    const left = async () => (await consumers.info('HEMOSTAT_RESULTS', 'alertmanager')).num_pending;
    await until('all were handed out', async () => (await left()) === 0 || undefined);
    expect({ inbox: await inbox(), left: await left() }).toEqual({ inbox: before, left: 0 });
  });

  it('an operator cannot change a durable of the mesh by naming it in the body of a request', async () => {
    const nc = parties.of('operator');
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const before = (await jsm.consumers.info('HEMOSTAT', 'safety-requested')).config;
    const config = { ...before, durable_name: undefined, name: 'safety-requested', max_ack_pending: 1 };
    const asked = JSON.stringify({ stream_name: 'HEMOSTAT', config });
    for (const tail of ['', '.reader', `.reader.${before.filter_subject}`])
      nc.publish(`$JS.API.CONSUMER.CREATE.HEMOSTAT${tail}`, asked);
    await nc.flush();
    expect((await jsm.consumers.info('HEMOSTAT', 'safety-requested')).config).toEqual(before);
    await jsm.consumers.delete('HEMOSTAT', 'reader');
  });

  it('told', () => {
    const { surplus, missing, tries } = found;
    tell('P12', {
      roles: parties.all.length,
      subjects: publishes.length + subscriptions.length,
      tries,
      surplus: surplus.length,
      missing: missing.length,
    });
    expect({ surplus, missing }).toEqual({ surplus: [], missing: [] });
  });
});
