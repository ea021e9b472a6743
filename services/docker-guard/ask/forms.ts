/** What may stand in the place of a name in a path of the table; full ids only, since a name may be another's by now. */
export const forms = {
  container: /^[0-9a-f]{64}$/,
  exec: /^[0-9a-f]{64}$/,
  /** A full id. */
  image: /^sha256:[0-9a-f]{64}$/,
  /** What an image may be called, ids too: for looking only. */
  reference: /^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,511}$/,
  volume: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/,
  network: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/,
  service: /^[a-z0-9]{25}$/,
} as const;
export type FormName = keyof typeof forms;

export function isForm(name: string): name is FormName {
  return Object.hasOwn(forms, name);
}
