import type { PartState } from '#libs/runtime/health';

/** The file cannot be written or read now; nothing was lost, and trying again later may do. */
export class FileTrouble extends Error {
  override readonly name = 'FileTrouble';
  readonly code: string;

  constructor(cause: unknown) {
    super('the audit file cannot be used', { cause });
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    this.code = typeof code === 'string' ? code : 'unknown';
  }
}

/** The file is not as it was left: another replica wrote to it, or a person changed, moved or removed it. */
export class ChangedBySomebody extends Error {
  override readonly name = 'ChangedBySomebody';

  constructor() {
    super('the audit file was changed by somebody else while it was open');
  }
}

/** Another replica writes now, or may: this one must not. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';

  constructor() {
    super('another replica may write the audit file now');
  }
}

/** A reason to begin anew at once, and none to worry. */
export function isNewBeginning(error: unknown): error is Overtaken | ChangedBySomebody {
  return error instanceof Overtaken || error instanceof ChangedBySomebody;
}

/** Throws `Overtaken`. Called right before each step that changes something, so that a pause makes one step late at most. */
export function mustHold(holds: () => boolean): void {
  if (!holds()) throw new Overtaken();
}

export const nothingLost =
  'nothing is lost meanwhile: the facts wait in NATS, and the audit goes on by itself';
const fullDisk = ['its disk is full', 'free space, or move AUDIT_FILE to a larger disk'] as const;
const noRight = [
  'the audit service may not use it',
  'give its user the right to read and write the file and its folder',
] as const;
const noFile = [
  'its name is taken by something that is no file',
  'remove that, or set AUDIT_FILE to another name',
] as const;

const known: Readonly<Record<string, readonly [cause: string, remedy: string]>> = {
  ENOSPC: fullDisk,
  EDQUOT: ['the disk quota is used up', 'raise the quota, or free space'],
  EFBIG: ['it is larger than the system allows', 'lower AUDIT_FILE_MAX_MIB'],
  EACCES: noRight,
  EPERM: noRight,
  EROFS: ['its file system is read-only', 'mount it for writing, or set AUDIT_FILE to another place'],
  EISDIR: noFile,
  ENOENT: ['it is not there any more', 'put it back if it was moved away'],
  ENOTDIR: ['a part of its path is no folder', 'correct AUDIT_FILE or HEMOSTAT_DATA_DIR'],
  NOT_A_REGULAR_FILE: noFile,
  EIO: ['its disk reports errors', 'replace the disk, or set AUDIT_FILE to another one'],
  EMFILE: ['the service has too many files open', 'raise its limit of open files'],
};

function explain({ code }: FileTrouble): readonly [cause: string, remedy: string] {
  return known[code] ?? [`the system says ${code}`, 'look at its disk'];
}

/** Why a file of the chain could not be read, and what to do. */
export function whyUnreadable(error: unknown): string {
  const [what, remedy] = explain(new FileTrouble(error));
  return `the file cannot be read: ${what}. What to do: ${remedy}`;
}

/** The part `audit_file` of the service's health, for somebody who has to act on it. */
export function healthOf(trouble: FileTrouble, path: string): Extract<PartState, { ok: false }> {
  const [what, remedy] = explain(trouble);
  return {
    ok: false,
    cause: `the audit file ${path} cannot be written: ${what}`,
    remedy: `${remedy}; ${nothingLost}`,
  };
}
