/** What a principal may do here: look, ask for remediations, approve them (not used yet), change safety itself. */
export const scopes = ['observe', 'act', 'approve', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export function isScope(name: string): name is Scope {
  return scopes.some((scope) => scope === name);
}

export type Identity = { readonly principal: string; readonly scopes: readonly Scope[] };

/** `admin` includes every other scope. */
export function mayUse(identity: Identity, scope: Scope): boolean {
  return identity.scopes.includes(scope) || identity.scopes.includes('admin');
}

/** In words; `admin` alone when it is there, because it includes the rest. */
export function sayScopes({ scopes: own }: Identity): string {
  return own.includes('admin') ? 'admin' : own.join(', ');
}
