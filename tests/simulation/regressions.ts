/** Seeds that found something in the product, and what. The histories of seeds change with the simulation: what they found has its own tests, too. */
export const regressions: readonly { readonly seed: number; readonly found: string }[] = [];
