/** Which of the known mistakes is made just now; none unless a test says so. */
export const mistake: { made?: Mistake | undefined } = {};

export type Mistake =
  | 'settles leases of others'
  | 'renews what is closing'
  | 'grants an epoch twice'
  | 'waits no quarantine';

export async function making<T>(made: Mistake | undefined, work: () => Promise<T>): Promise<T> {
  mistake.made = made;
  try {
    return await work();
  } finally {
    mistake.made = undefined;
  }
}
