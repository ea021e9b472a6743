/**
 * The signed decision under which a call changes something, as the header that a guard before the engine asks for: its
 * JSON, deflated, in base64url. The engine itself takes no notice of it.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Approved } from './facts.ts';
import { jsonWithin } from './json.ts';

export const decisionHeader = 'hemostat-decision';

/** Proxies before an engine often take 16 KiB of headers in all. A list of 200 ids needs 11. */
const longestHeader = 14 * 1_024;
const mostJsonBytes = 256 * 1_024;
const deepest = 64;

/** Undefined for one that would be longer than 14 KiB: it is not sent, and a guard refuses the call. */
export function toDecisionHeader(approved: Approved): string | undefined {
  const text = deflateRawSync(JSON.stringify(approved)).toString('base64url');
  return text.length > longestHeader ? undefined : text;
}

/** The decision as it was sent, by whomever; undefined for what cannot be read, or inflates to more than 256 KiB. */
export function fromDecisionHeader(text: string): unknown {
  try {
    const json = inflateRawSync(Buffer.from(text, 'base64url'), { maxOutputLength: mostJsonBytes });
    return jsonWithin(json.toString('utf8'), deepest);
  } catch {
    return undefined;
  }
}
