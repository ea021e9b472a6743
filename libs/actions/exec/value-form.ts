/** What the value of an argument may look like. */
export type ValueForm =
  | 'number'
  | 'name'
  | 'path'
  | { readonly one_of: readonly string[] }
  /** Some of these, separated by commas. */
  | { readonly list_of: readonly string[] }
  /** A regular expression that the whole value must match, and its meaning in words. */
  | { readonly pattern: string; readonly says: string };

const forms = {
  number: { pattern: /^\d{1,9}$/, says: 'a number' },
  name: { pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, says: 'a name' },
  // No "..": a path means what it says.
  path: { pattern: /^\/(?!.*\.\.)[A-Za-z0-9._/@:+-]{0,200}$/, says: 'an absolute path' },
} as const;

export function hasForm(value: string, form: ValueForm): boolean {
  if (typeof form === 'string') return forms[form].pattern.test(value);
  if ('one_of' in form) return form.one_of.includes(value);
  if ('list_of' in form) return value.split(',').every((each) => form.list_of.includes(each));
  return new RegExp(`^(?:${form.pattern})$`).test(value);
}

/** Continues "expected". */
export function sayForm(form: ValueForm): string {
  if (typeof form === 'string') return forms[form].says;
  if ('one_of' in form)
    return form.one_of.length === 1 ? form.one_of.join() : `one of ${form.one_of.join(', ')}`;
  if ('list_of' in form) return `some of ${form.list_of.join(', ')}, separated by commas`;
  return form.says;
}
