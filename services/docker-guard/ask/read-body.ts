import type { IncomingMessage } from 'node:http';
import { jsonWithin } from '#libs/contracts/json';
import { cappedText } from '#libs/runtime/capped-text';
import type { Line } from '../allowlist.ts';

export type Body = { readonly body: unknown } | { readonly refusal: string };

const mostLevels = 32;

/** The body that the line asks for, parsed; only its parsed value goes any further. */
export async function readBody(asked: IncomingMessage, { body }: Pick<Line, 'body'>): Promise<Body> {
  const stated = asked.headers['content-length'];
  if (!body) {
    return stated === undefined || stated === '0'
      ? { body: undefined }
      : { refusal: 'no body is passed on with this call' };
  }
  if (stated === undefined || !/^\d{1,9}$/.test(stated)) return { refusal: 'the body is missing' };
  if (Number(stated) > body.mostBytes) {
    return { refusal: `the body is longer than the ${body.mostBytes} bytes that this call may have` };
  }
  if (!/^application\/json(; ?charset=utf-8)?$/i.test(asked.headers['content-type'] ?? '')) {
    return { refusal: 'the body is not application/json' };
  }
  const text = await cappedText(asked, body.mostBytes);
  const value = text === undefined ? undefined : jsonWithin(text, mostLevels);
  if (value === undefined) return { refusal: 'the body cannot be read as JSON' };
  const read = body.schema.safeParse(value);
  if (read.success) return { body: read.data };
  const [issue] = read.error.issues;
  const where = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue?.path.join('.');
  return { refusal: `the body holds what is not passed on (${(where || 'its form').slice(0, 100)})` };
}
