import { modelOf, surplusOf, wishedOf } from '#libs/actions/scale/surplus';
import type { Lookup, ScaleWish } from '#libs/contracts/rpc';
import { composeServiceOf, isComposeService, targetId } from '#libs/contracts/target';
import { type Directory, find, resolvedOf } from './directory.ts';
import type { KnownContainer } from './identity.ts';

/** As many as one request has leases for, apart from the service's own. */
const mostFurther = 15;

/** The service of what a caller means, and which of its containers would have to go. */
export function findForScaling(directory: Directory, ref: string, wish: ScaleWish): Lookup {
  const lookup = find(directory, ref, ({ target }) => composeServiceOf(target) ?? target);
  if (lookup.status !== 'resolved') return lookup;
  const { target } = lookup.resolved;
  if (!isComposeService(target)) return lookup;
  const boundTo = (some: readonly { readonly container: KnownContainer }[]) => ({
    ...lookup.resolved,
    bound: { containers: some.map(({ container }) => container.id) },
  });
  const members = (directory.byTarget.get(targetId(target)) ?? []).map((container) => ({
    container,
    number: Number(container.target.name.split('/')[2]),
    running: container.state === 'running',
    created: container.created,
  }));
  if (wish.direction === 'up') {
    const model = modelOf(members);
    return { ...lookup, resolved: boundTo(model ? [model] : []) };
  }
  const staying = Math.max(1, wishedOf(wish, members.length));
  const going = surplusOf(members, staying).slice(0, mostFurther);
  const further = going.map(({ container }) => resolvedOf(directory, container));
  return { ...lookup, resolved: boundTo(going), further };
}
