import type { Delivery } from '#libs/bus/consume';
import { isDeeperThan, parseJson } from '#libs/contracts/json';

// Far more than any fact of ours has, and few enough for whoever goes down every level of a record.
const deepestBody = 100;

/** A message as the audit needs it: where it stands, for ever, and what it says. */
export type Heard = {
  readonly stream: string;
  readonly sequence: number;
  readonly subject: string;
  readonly storedAt: string;
  readonly traceId: string | undefined;
  /** Its JSON, whatever it is; its text when it is none, or nested too deeply. */
  readonly body: unknown;
  readonly bytes: number;
};

export function heardOf(delivery: Delivery): Heard {
  const { stream, sequence, subject, storedAt, traceId } = delivery;
  return {
    stream,
    sequence,
    subject,
    storedAt,
    traceId,
    body: bodyOf(delivery.text()),
    bytes: delivery.bytes().byteLength,
  };
}

export function bodyOf(text: string): unknown {
  try {
    const body = parseJson(text);
    return isDeeperThan(body, deepestBody) ? text : body;
  } catch {
    return text;
  }
}

/** The remediation that a message is about; undefined for acts of people and dead letters. */
export function remediationOf(subject: string): string | undefined {
  const [root, kind, id] = subject.split('.');
  return root === 'hemostat' && kind === 'remediation' ? id : undefined;
}

/** `requested`, `decided`, `started` … `reset`, `control`, `dead_letter`. */
export function eventOf(subject: string): string {
  const [, kind, second, third, , fifth] = subject.split('.');
  if (kind === 'dead') return 'dead_letter';
  if (kind === 'safety') return second ?? 'safety';
  return (third === 'step' ? fifth : third) ?? 'unknown';
}
