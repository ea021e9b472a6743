import { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { type EngineCall, pathText } from '#libs/actions/engine-port';
import { decisionHeader } from '#libs/contracts/decision-header';
import { parseJson } from '#libs/contracts/json';
import { opaque } from './opaque.ts';

type DialOptions = Parameters<Docker['modem']['dial']>[0];

/** A call with the decision that it is made under, as the header in which it travels. */
export type Sent = EngineCall & { readonly decision?: string | undefined };

// 304: it is so already.
const done = { 200: true, 201: true, 202: true, 204: true, 304: true };

/** Sends one call and resolves to the whole answer. Rejects with what the client throws, or when a signal aborts. */
export function send(docker: Docker, call: Sent, ...signals: readonly AbortSignal[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      { ...dialled(call), abortSignal: opaque(AbortSignal.any([...signals])) },
      (error, answer) => (error ? reject(error) : resolve(isNull(answer) ? null : answer)),
    );
  });
}

/** The client takes a JSON `null` for an answer that is no JSON, and hands over its bytes. */
function isNull(answer: unknown): boolean {
  return answer instanceof Uint8Array && Buffer.from(answer).toString().trim() === 'null';
}

/** What the engine says of a file in a container: a header holds it. */
export async function statOf(
  docker: Docker,
  call: Sent,
  withinMs: number,
  signal: AbortSignal,
): Promise<unknown> {
  const answer = (await stream(docker, call, withinMs, signal)).resume();
  const stat = answer instanceof IncomingMessage ? answer.headers['x-docker-container-path-stat'] : undefined;
  return parseJson(Buffer.from(String(stat), 'base64').toString());
}

export type Followed = { readonly ended: Promise<void>; close(): void };

/** Opens an answer within `openWithinMs` that may be endless. Calls back at every piece of it; `ended` settles when it is over. */
export async function follow(
  docker: Docker,
  call: Sent,
  onPiece: (piece: Uint8Array) => void,
  openWithinMs: number,
  signal: AbortSignal,
): Promise<Followed> {
  const source = await stream(docker, call, openWithinMs, signal);
  const ended = new Promise<void>((resolve) => {
    source.on('data', onPiece);
    for (const event of ['end', 'error', 'close']) source.on(event, () => resolve());
  });
  return { ended, close: () => source.destroy() };
}

/** Opens an answer of any length within `openWithinMs`. Whoever takes it reads it to its end, or destroys it. */
export async function stream(
  docker: Docker,
  call: Sent,
  openWithinMs: number,
  signal: AbortSignal,
): Promise<Readable> {
  const open = new AbortController();
  const tooLate = setTimeout(() => open.abort(), openWithinMs);
  const abortSignal = AbortSignal.any([signal, open.signal]);
  return new Promise<Readable>((resolve, reject) => {
    docker.modem.dial(
      { ...dialled(call), isStream: true, abortSignal: opaque(abortSignal) },
      (error, answer) =>
        error || !(answer instanceof Readable)
          ? reject(error ?? new Error('no stream came'))
          : resolve(answer),
    );
  }).finally(() => clearTimeout(tooLate));
}

// The client takes the query for the body unless there is one, and cuts the last letter of a path without a query.
function dialled({ method, path, query, body, decision }: Sent): DialOptions {
  return {
    method,
    ...(decision === undefined ? {} : { headers: { [decisionHeader]: decision } }),
    path: query === undefined ? pathText(path) : `${pathText(path)}?`,
    options: { _query: query ?? {}, _body: body ?? {} },
    statusCodes: done,
  };
}
