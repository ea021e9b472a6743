import { Problem } from '#libs/contracts/problem';
import type { Checkpoints } from '../checkpoint/checkpoints.ts';
import { readVerifier, type Verifier } from '../checkpoint/note.ts';
import { Unsigned } from '../checkpoint/unsigned.ts';

/** The key that was given, or the service's own; undefined when that one cannot be read. Throws a `Problem`. */
export function verifierFor(
  { signer }: Pick<Checkpoints, 'signer'>,
  key: string | undefined,
): Verifier | undefined {
  if (key === undefined) return own(signer);
  const verifier = readVerifier(key);
  if (verifier) return verifier;
  throw new Problem(
    'invalid_request',
    'The key is no verifier key. It looks like hemostat/audit+1a2b3c4d+A….',
    {
      errors: [{ field: 'key', message: 'is no verifier key of the form name+id+key' }],
    },
  );
}

function own(signer: Checkpoints['signer']): Verifier | undefined {
  try {
    return signer().verifier;
  } catch (error) {
    if (error instanceof Unsigned) return undefined;
    throw error;
  }
}
