import { describe, expect, it } from 'vitest';
import type { ContainerReading } from '#libs/contracts/rpc';
import {
  aPatient,
  aSwarmPatient,
  exitedReading,
  patientId,
  pausedReading,
  prepared,
  refusal,
  restartingReading,
  runningReading,
} from '#libs/testing/patient-example';
import { callText } from './engine-port.ts';
import { updateResources } from './update-resources.ts';

const mebibyte = 1024 ** 2;
type Resources = NonNullable<ContainerReading['resources']>;
const having = (change: Partial<Resources>): Pick<ContainerReading, 'resources'> => ({
  resources: {
    memory_bytes: null,
    memory_swap_bytes: null,
    cpus: null,
    cpu_shares: null,
    pids_limit: null,
    ...change,
  },
});
const small = having({ memory_bytes: 64 * mebibyte, memory_swap_bytes: 96 * mebibyte, cpus: 0.1 });

describe('update-resources takes', () => {
  const takes = (params: object): boolean => updateResources.params.safeParse(params).success;

  it('at least one limit, and only such as Docker could mean', () => {
    expect(takes({ cpus: 0.5 })).toBe(true);
    expect(takes({ pids_limit: -1, memory_swap_bytes: -1 })).toBe(true);
    for (const wrong of [
      {},
      { memory_bytes: 5 * mebibyte },
      { memory_bytes: -1 },
      { memory_bytes: 64.5 * mebibyte + 0.5 },
      { cpus: 0 },
      { cpus: Number.POSITIVE_INFINITY },
      { cpu_shares: 1 },
      { pids_limit: 0 },
      { memory_bytes: 64 * mebibyte, memory_swap_bytes: 63 * mebibyte },
      { cpus: 1, blkio_weight: 10 },
    ]) {
      expect(takes(wrong)).toBe(false);
    }
  });
});

describe('update-resources prepares', () => {
  it('one call with all limits, and keeps those from before', () => {
    const params = {
      memory_bytes: 64 * mebibyte,
      memory_swap_bytes: -1,
      cpus: 0.5,
      cpu_shares: 512,
      pids_limit: 100,
    };
    const made = prepared(updateResources, aPatient(small), params);
    expect(made.calls.map(callText)).toEqual([
      `POST /containers/${patientId}/update {"Memory":67108864,"MemorySwap":-1,"NanoCpus":500000000,"CpuShares":512,"PidsLimit":100}`,
    ]);
    expect(made.command).toBe(
      'docker update --memory 67108864 --memory-swap -1 --cpus 0.5 --cpu-shares 512 --pids-limit 100 web',
    );
    expect(made.evidence).toMatchObject({ asked: params, resources_before: small.resources });
    expect(made.evidence).not.toHaveProperty('started_at');
  });

  it('the limit of swap along with that of memory, so that Docker takes it', () => {
    const swapFor = (reading: Pick<ContainerReading, 'resources'>) =>
      prepared(updateResources, aPatient(reading), { memory_bytes: 128 * mebibyte }).calls[0]?.body
        ?.MemorySwap;
    expect(swapFor(small)).toBe(160 * mebibyte);
    expect(swapFor(having({ memory_bytes: 64 * mebibyte }))).toBe(-1);
    expect(swapFor(having({}))).toBe(256 * mebibyte);
  });

  it('a word on what cannot be taken back, and on what may be killed by it', () => {
    const notes = (reading: Pick<ContainerReading, 'resources'>, bytes: number) =>
      prepared(updateResources, aPatient(reading), { memory_bytes: bytes }).notes.join();
    expect(notes(having({}), 64 * mebibyte)).toMatch(/want of memory.*no limit of memory now/);
    expect(notes(small, 32 * mebibyte)).toContain('want of memory');
    expect(notes(small, 128 * mebibyte)).not.toMatch(/want of memory|take it off/);
  });

  it('a crash-looping container as well, whose next run then has more', () => {
    const looping = aPatient({ ...restartingReading, ...small });
    expect(prepared(updateResources, looping, { memory_bytes: 128 * mebibyte }).kind).toBe('ready');
  });

  it('nothing for what does not run, has the limits already, or would be refused', () => {
    const why = (reading: Partial<ContainerReading>, params: object = { cpus: 0.1 }) =>
      refusal(updateResources, aPatient(reading), { ...params });
    expect(why(small)).toBe('web has these limits already; nothing to do');
    expect(why(having({}), { pids_limit: -1 })).toContain('already');
    expect(why({ ...exitedReading, ...small })).toContain('ask for start first');
    expect(why({ ...pausedReading, ...small })).toContain('ask for unpause first');
    expect(why(having({}), { memory_swap_bytes: 64 * mebibyte })).toContain('name memory_bytes');
    expect(why(small, { memory_swap_bytes: 32 * mebibyte })).toContain('cannot be less');
    const { resources: _, ...untold } = runningReading;
    expect(refusal(updateResources, { ...aPatient(), reading: untold }, { cpus: 1 })).toContain(
      'does not say',
    );
  });

  it('the command for a Swarm service', () => {
    expect(refusal(updateResources, aSwarmPatient(), { cpus: 0.5, pids_limit: 9 })).toContain(
      'docker service update --limit-cpu 0.5 --limit-pids 9 api',
    );
    expect(refusal(updateResources, aSwarmPatient(), { cpu_shares: 5 })).toContain('knows no such limit');
  });
});

it('update-resources finds out afterwards by the limits that were asked for, whatever became of the others', () => {
  const { evidence } = prepared(updateResources, aPatient(small), { cpus: 0.3, pids_limit: -1 });
  const look = (change: Partial<Resources>) =>
    updateResources.observe(evidence, { ...runningReading, ...having(change) });
  expect(look({ cpus: 0.3, cpu_shares: 7 })).toMatchObject({
    kind: 'happened',
    result: { details: 'Container updated', resources_before: small.resources },
  });
  expect(look({ cpus: 0.1 }).kind).toBe('not_seen_yet');
  expect(look({ cpus: 0.3, pids_limit: 9 }).kind).toBe('not_seen_yet');
  expect(updateResources.observe(evidence, undefined).kind).toBe('not_seen_yet');
});
