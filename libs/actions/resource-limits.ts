import { z } from 'zod';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';

type Resources = NonNullable<ContainerReading['resources']>;

const mebibyte = 1024 ** 2;
/** Docker's own minimum. */
const leastBytes = 6 * mebibyte;
const mostBytes = 16 * 1024 ** 4;
const noLimit = z.literal(-1);

export const limitsSchema = z
  .strictObject({
    memory_bytes: z.int().min(leastBytes).max(mostBytes).optional().describe('bytes of memory'),
    memory_swap_bytes: z
      .union([noLimit, z.int().min(leastBytes).max(mostBytes)])
      .optional()
      .describe('bytes of memory and swap together, so at least memory_bytes; -1: no limit of swap'),
    cpus: z.number().min(0.01).max(1024).optional().describe('CPUs, such as 0.5'),
    cpu_shares: z
      .int()
      .min(2)
      .max(262_144)
      .optional()
      .describe('weight against other containers; 1024 is usual'),
    pids_limit: z
      .union([noLimit, z.int().min(1).max(4_194_304)])
      .optional()
      .describe('processes and threads; -1: no limit'),
  })
  .refine((limits) => Object.values(limits).some((limit) => limit !== undefined), {
    error: 'name at least one limit: memory_bytes, memory_swap_bytes, cpus, cpu_shares or pids_limit',
  })
  .refine(
    ({ memory_bytes: memory, memory_swap_bytes: swap }) => !memory || !swap || swap < 0 || swap >= memory,
    {
      path: ['memory_swap_bytes'],
      error: 'is memory and swap together, so at least memory_bytes',
    },
  )
  .meta({ minProperties: 1 });
export type Limits = z.output<typeof limitsSchema>;

/** Does the container have all of these limits? */
export function hasLimits(limits: Limits, now: Resources): boolean {
  const is = (asked: number | undefined, has: number | null): boolean =>
    asked === undefined || (asked === -1 ? null : asked) === has;
  return (
    is(limits.memory_bytes, now.memory_bytes) &&
    is(limits.memory_swap_bytes, now.memory_swap_bytes) &&
    is(limits.cpus && nano(limits.cpus), now.cpus && nano(now.cpus)) &&
    is(limits.cpu_shares, now.cpu_shares) &&
    is(limits.pids_limit, now.pids_limit)
  );
}

/**
 * The limits as they are sent. Docker refuses more memory than its limit of memory and swap, which it also takes for
 * zero where there is none: the swap that the container may use stays as it is, or becomes Docker's default, as much
 * again as memory.
 */
export function withSwap(limits: Limits, now: Resources): Limits {
  const { memory_bytes: memory, memory_swap_bytes: swap } = limits;
  if (memory === undefined || swap !== undefined) return limits;
  if (now.memory_bytes === null) return { ...limits, memory_swap_bytes: 2 * memory };
  if (now.memory_swap_bytes === null) return { ...limits, memory_swap_bytes: -1 };
  return { ...limits, memory_swap_bytes: memory + now.memory_swap_bytes - now.memory_bytes };
}

/** As the body of Docker's `update`. */
export function updateBody(limits: Limits): Details {
  const body = {
    Memory: limits.memory_bytes,
    MemorySwap: limits.memory_swap_bytes,
    NanoCpus: limits.cpus === undefined ? undefined : nano(limits.cpus),
    CpuShares: limits.cpu_shares,
    PidsLimit: limits.pids_limit,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

/** As the flags of `docker update`. */
export function updateFlags(limits: Limits): string {
  return flags([
    ['memory', limits.memory_bytes],
    ['memory-swap', limits.memory_swap_bytes],
    ['cpus', limits.cpus],
    ['cpu-shares', limits.cpu_shares],
    ['pids-limit', limits.pids_limit],
  ]);
}

/** As the flags of `docker service update`, which knows fewer limits. */
export function serviceFlags(limits: Limits): string {
  return flags([
    ['limit-memory', limits.memory_bytes],
    ['limit-cpu', limits.cpus],
    ['limit-pids', limits.pids_limit],
  ]);
}

function flags(pairs: readonly (readonly [string, number | undefined])[]): string {
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`])).join(' ');
}

function nano(cpus: number): number {
  return Math.round(cpus * 1e9);
}
