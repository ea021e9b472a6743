import { openNote, type Signer, signNote, type Verifier } from './note.ts';

/** The first line of every checkpoint, and the name of the key that signs them. */
export const origin = 'hemostat/audit';

/** What the audit was when it had `size` records: the root of the tree over all of them. */
export type Checkpoint = { readonly size: number; readonly root: Buffer };

/** The form of C2SP tlog-checkpoint. */
export function signCheckpoint({ size, root }: Checkpoint, signer: Signer): string {
  return signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, signer);
}

/** Undefined when it is not signed by this verifier, or says something else than a checkpoint of the audit does. */
export function openCheckpoint(note: string, verifier: Verifier): Checkpoint | undefined {
  const text = openNote(note, verifier);
  return text === undefined ? undefined : contentOf(text);
}

/** What a checkpoint says of itself, whoever signed it. */
export function claimOf(note: string): Checkpoint | undefined {
  const end = note.indexOf('\n\n');
  return end < 0 ? undefined : contentOf(note.slice(0, end + 1));
}

function contentOf(text: string): Checkpoint | undefined {
  const [first, size = '', hash = '', ...rest] = text.split('\n');
  const root = Buffer.from(hash, 'base64');
  const isWell =
    first === origin &&
    /^(0|[1-9]\d{0,14})$/.test(size) &&
    root.length === 32 &&
    root.toString('base64') === hash &&
    rest.length === 1 &&
    rest[0] === '';
  return isWell ? { size: Number(size), root } : undefined;
}
