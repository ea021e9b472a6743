/** Whom a word names: a container, or a target as the tables show it. A container's name has no slash, a target has. */
export function whichTarget(
  word: string | undefined,
): { readonly container: string } | { readonly target: string } | Record<never, never> {
  if (word === undefined) return {};
  return word.includes('/') ? { target: word } : { container: word };
}

export const engineOption = {
  type: 'text',
  value: '<name>',
  about: 'another Docker Engine than the usual one',
} as const;

export const targetNote =
  'A target as the tables show it does as well as a container: local/cleanup/project/shop.';
