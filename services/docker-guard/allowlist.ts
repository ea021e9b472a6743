import { z } from 'zod';
import { startBody } from '#libs/actions/exec/exec-body';
import { killSignals } from '#libs/actions/kill-signal';
import { jsonWithin } from '#libs/contracts/json';
import { detailsSchema } from '#libs/contracts/scalars';
import { mayConnectClone, mayCreateClone } from './checks/clone.ts';
import { mayActOnContainer, mayRemoveContainer } from './checks/container.ts';
import { mayCreateExec, mayStartExec, noteExec } from './checks/exec.ts';
import { mayRemoveImage, mayRemoveVolume } from './checks/removal.ts';
import { mayUpdateService } from './checks/service.ts';
import type { Asked, Check, World } from './world.ts';

/** One line of the table: what may be asked, in which form, and what is looked at before it is passed on. */
export type Line = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  /** `{container}` and the like stand for what `forms` says. */
  readonly path: string;
  readonly query: z.ZodType;
  /** Undefined: none may come. */
  readonly body?: { readonly schema: z.ZodType; readonly mostBytes: number };
  /** Undefined: it only reads. `by`: the actions whose steps name what it may be about; `check` is what is looked at. */
  readonly changes?: { readonly by: readonly string[]; readonly check: Check };
  /** Hears the engine's answer before the client does. */
  readonly heard?: (asked: Asked, answer: unknown, world: World) => void;
};

const no = z.literal('false');
const yes = z.literal('true');
const nothing = z.strictObject({});
const all = z.strictObject({ all: yes });
const stopTime = z.strictObject({ t: z.string().regex(/^(?:[1-5]?\d{1,2}|600)$/) });
const kib = 1_024;

const filterLevels = 2;
/** A query parameter that is JSON itself. */
const filters = (schema: z.ZodType) =>
  z.strictObject({
    filters: z
      .string()
      .max(1_024)
      .refine((text) => schema.safeParse(jsonWithin(text, filterLevels)).success),
  });
const watched = z.enum(['create', 'destroy', 'rename', 'start', 'die', 'pause', 'unpause']);
const events = filters(
  z.strictObject({ type: z.tuple([z.literal('container')]), event: z.array(watched).min(1) }),
);
const named = z.tuple([z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/)]);

const limit = z.int().min(-1).max(Number.MAX_SAFE_INTEGER);
const limits = z.strictObject({
  Memory: limit.optional(),
  MemorySwap: limit.optional(),
  NanoCpus: limit.optional(),
  CpuShares: limit.optional(),
  PidsLimit: limit.optional(),
});
const started = z.strictObject({
  Detach: z.literal(startBody.Detach),
  Tty: z.literal(startBody.Tty),
});
const connection = z.strictObject({ Container: z.string(), EndpointConfig: detailsSchema });

const removals = z.union([
  z.strictObject({ v: no, force: no, link: no }),
  z.strictObject({ v: no }),
  z.strictObject({ v: yes, force: yes }),
]);

/**
 * All that the catalogue of actions needs of Docker, and nothing else is passed on. A new call of an action is a new
 * line here.
 */
export const allowlist: readonly Line[] = [
  read('/_ping'),
  read('/info'),
  read('/events', events),
  read('/containers/json', all),
  read('/containers/{container}/json', z.union([nothing, z.strictObject({ size: yes })])),
  read('/containers/{container}/logs', z.strictObject({ stdout: yes, stderr: yes, tail: z.literal('200') })),
  read('/containers/{container}/changes'),
  {
    ...read('/containers/{container}/archive', z.strictObject({ path: z.string().startsWith('/') })),
    method: 'HEAD',
  },
  read('/exec/{exec}/json'),
  read('/images/json', all),
  read('/images/{reference}/json'),
  read('/volumes/{volume}'),
  read('/system/df', z.strictObject({ type: z.enum(['image', 'volume']) })),
  read('/services', z.union([nothing, filters(z.strictObject({ name: named }))])),
  read('/tasks', filters(z.strictObject({ service: named }))),

  act('/containers/{container}/restart', ['restart'], mayActOnContainer, stopTime),
  act('/containers/{container}/stop', ['stop', 'scale_down'], mayActOnContainer, stopTime),
  act('/containers/{container}/start', ['start'], mayActOnContainer),
  act('/containers/{container}/pause', ['pause'], mayActOnContainer),
  act('/containers/{container}/unpause', ['unpause'], mayActOnContainer),
  act(
    '/containers/{container}/kill',
    ['kill'],
    mayActOnContainer,
    z.strictObject({ signal: z.enum(killSignals) }),
  ),
  {
    ...act('/containers/{container}/update', ['update-resources'], mayActOnContainer),
    body: { schema: limits, mostBytes: kib },
  },

  {
    ...act('/containers/{container}/exec', ['exec'], mayCreateExec),
    body: { schema: detailsSchema, mostBytes: 32 * kib },
    heard: noteExec,
  },
  { ...act('/exec/{exec}/start', ['exec'], mayStartExec), body: { schema: started, mostBytes: kib } },

  {
    ...act('/containers/create', ['scale_up'], mayCreateClone, z.strictObject({ name: z.string() })),
    body: { schema: detailsSchema, mostBytes: 512 * kib },
  },
  {
    ...act('/networks/{network}/connect', ['scale_up'], mayConnectClone),
    body: { schema: connection, mostBytes: 64 * kib },
  },
  {
    ...act(
      '/services/{service}/update',
      ['restart', 'scale_up', 'scale_down'],
      mayUpdateService,
      z.strictObject({ version: z.string().regex(/^\d{1,15}$/) }),
    ),
    body: { schema: detailsSchema, mostBytes: 1_024 * kib },
  },

  remove('/containers/{container}', ['cleanup', 'scale_down'], mayRemoveContainer, removals),
  remove('/images/{image}', ['cleanup'], mayRemoveImage, z.strictObject({ force: no, noprune: yes })),
  remove('/volumes/{volume}', ['cleanup'], mayRemoveVolume, z.strictObject({ force: no })),
];

function read(path: string, query: z.ZodType = nothing): Line {
  return { method: 'GET', path, query };
}

function act(path: string, by: readonly string[], check: Check, query: z.ZodType = nothing): Line {
  return { method: 'POST', path, query, changes: { by, check } };
}

function remove(path: string, by: readonly string[], check: Check, query: z.ZodType): Line {
  return { method: 'DELETE', path, query, changes: { by, check } };
}
