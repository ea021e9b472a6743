import type { Patient } from '#libs/actions/action';
import { cleanOutput } from '#libs/actions/exec/output';
import type { Clock } from '#libs/runtime/clock';
import type { DockerEngine } from './docker/docker-engine.ts';
import type { LogBytes } from './docker/logs.ts';

const withinMs = 1_000;
const mostLines = 50;
const mostBytes = 4 * 1024;

/**
 * What a container wrote last, without secrets. Null when that cannot be read, or not within a second: whatever is done to
 * the container does not wait for it. Undefined for a Swarm service, whose tasks are replaced and keep their logs.
 */
export async function logsTailOf(
  engine: Pick<DockerEngine, 'logs'>,
  { target, container_id }: Pick<Patient, 'target' | 'container_id'>,
  clock: Clock,
): Promise<string | null | undefined> {
  if (target.kind === 'swarm') return undefined;
  return engine.logs(container_id, clock.deadline(withinMs)).then(tailText, () => null);
}

/** The last 50 lines, and no more than 4 KiB of them. */
export function tailText({ bytes, cut }: LogBytes): string {
  const whole = withoutTornBlock(cut ? fromNextLine(bytes) : bytes);
  const text = cleanOutput(whole, Number.POSITIVE_INFINITY, false).trimEnd();
  const lines = text.split('\n').slice(-mostLines);
  while (lines.length > 1 && Buffer.byteLength(lines.join('\n')) > mostBytes) lines.shift();
  return endOf(lines.join('\n'));
}

/** A secret of which the beginning is missing might not be known for one. */
function fromNextLine(bytes: Uint8Array): Uint8Array {
  const at = bytes.indexOf(0x0a);
  return at < 0 ? bytes.subarray(0, 0) : bytes.subarray(at + 1);
}

/** The same of a PEM block, which has many lines. */
function withoutTornBlock(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const [begin, end] = [text.indexOf('-----BEGIN '), text.indexOf('-----END ')];
  return end < 0 || (begin >= 0 && begin < end) ? bytes : fromNextLine(bytes.subarray(end));
}

function endOf(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= mostBytes
    ? text
    : bytes
        .subarray(-mostBytes)
        .toString()
        .replace(/^\uFFFD+/, '');
}
