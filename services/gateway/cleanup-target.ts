import { scopeName } from '#libs/actions/cleanup/scope';
import type { Resolution } from '#libs/contracts/facts';
import type { Lookup } from '#libs/contracts/rpc';
import type { ResolvedTarget } from '#libs/contracts/target';
import type { CleanupWish } from '#libs/runbooks/runbook';

type NoProject = Extract<Resolution, { readonly message: string }>;

/** Where to clean up when a container is named: where it was asked for, else in the container's Compose project. */
export function cleanupOf(
  { target, container_id, container_name }: ResolvedTarget,
  { scope }: CleanupWish,
): Lookup | NoProject {
  const project = target.kind === 'compose' ? target.name.split('/')[0] : undefined;
  const name = scope ?? (project === undefined ? null : scopeName({ project }));
  if (name === null) {
    const message = `${container_name} belongs to no Compose project, so that it does not say where to clean up. Ask with one of project, label and all: true in params`;
    return { status: 'not_applicable', message };
  }
  // The container itself is left alone, so that what protects it stands in nobody's way.
  const scoped = { engine: target.engine, kind: 'cleanup' as const, name };
  const resolved = { target: scoped, container_id, container_name, protected_by: null };
  return { status: 'resolved', resolved };
}
