import { z } from 'zod';

/** An engine's list, without the entries that are in no known form: they keep nobody from the others. `leftOut` hears of each. */
export function listOf<S extends z.ZodType>(schema: S, leftOut: (entry: unknown) => void = () => {}) {
  return z.array(z.unknown()).transform((entries) =>
    entries.flatMap((entry): z.output<S>[] => {
      const read = schema.safeParse(entry);
      if (!read.success) leftOut(entry);
      return read.success ? [read.data] : [];
    }),
  );
}
