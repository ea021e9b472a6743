import { type ServiceMsg, Svcm } from '@nats-io/services';
import { RequestError, TimeoutError } from '@nats-io/transport-node';
import type { z } from 'zod';
import { parseJson } from '#libs/contracts/json';
import { parseOrProblem } from '#libs/contracts/parse';
import { isProblemCode, Problem } from '#libs/contracts/problem';
import type { Verb } from '#libs/contracts/rpc';
import { failpoint } from '#libs/runtime/failpoint';
import { inSpan } from '#libs/runtime/tracing';
import { answeringInboxesOnly } from './answer-inboxes.ts';
import type { Bus } from './bus.ts';
import { contextOf, headerOf, readableHeaders, tracedHeaders } from './headers.ts';

export type Served = {
  readonly name: string;
  readonly subject: string;
  readonly handle: (payload: unknown) => Promise<unknown>;
};

/** Ties a verb to its handler: the request is parsed before, so the handler trusts it. */
export function serve<Q extends z.ZodType, A extends z.ZodType>(
  name: string,
  subject: string,
  verb: Verb<Q, A>,
  handle: (request: z.output<Q>) => Promise<z.output<A>>,
): Served {
  return { name, subject, handle: async (payload) => handle(parseOrProblem(verb.request, payload)) };
}

/**
 * Answers requests under the NATS services protocol, so that `nats micro ls`, `info` and `stats` show the service.
 * Replicas share the requests. A failure is answered as a problem document with the protocol's error headers.
 */
export async function serveRpc(
  bus: Bus,
  service: { readonly name: string; readonly version: string; readonly description: string },
  verbs: readonly Served[],
): Promise<AsyncDisposable> {
  const added = await new Svcm(answeringInboxesOnly(bus.nc)).add({
    ...service,
    name: `hemostat-${service.name}`,
  });
  for (const verb of verbs) {
    added.addEndpoint(verb.name, {
      subject: verb.subject,
      handler: (error, message) => {
        if (error) return;
        answer(bus, verb, message).catch((failure: unknown) => {
          bus.log.debug({ err: failure, subject: verb.subject }, 'an answer could not be sent');
        });
      },
    });
  }
  // Only now can a caller be sure that the server knows of every endpoint.
  await bus.nc.flush();
  return {
    [Symbol.asyncDispose]: async () => {
      await added.stop();
    },
  };
}

async function answer(bus: Bus, verb: Served, message: ServiceMsg): Promise<void> {
  await inSpan(
    bus.tracer,
    `rpc ${verb.subject}`,
    { kind: 'server', parent: contextOf(readableHeaders(() => message.headers)) },
    async () => {
      try {
        const asked = message.string();
        const reply = JSON.stringify(await verb.handle(asked === '' ? {} : parse(asked)));
        failpoint('rpc-before-answer');
        await bus.outbox.send(() => void message.respond(reply));
      } catch (error) {
        const problem = error instanceof Problem ? error : undefined;
        if (!problem) bus.log.error({ err: error, subject: verb.subject }, 'a request could not be answered');
        const shown =
          problem ?? new Problem('internal', 'The service failed while answering; its log says why.');
        message.respondError(
          shown.status,
          shown.message.replace(/[\r\n]+/g, ' ').slice(0, 500),
          JSON.stringify(shown.toDocument()),
        );
      }
    },
  );
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new Problem('invalid_request', 'The request is not JSON. Send a JSON object.', {
      errors: [{ field: 'body', message: 'is not JSON' }],
    });
  }
}

/**
 * Asks a service. Throws the service's own `Problem`, or `service_unavailable` when nobody answers in time.
 */
export async function callRpc<Q extends z.ZodType, A extends z.ZodType>(
  bus: Bus,
  subject: string,
  verb: Verb<Q, A>,
  request: z.input<Q>,
  options: { readonly timeoutMs: number },
): Promise<z.output<A>> {
  return inSpan(bus.tracer, `call ${subject}`, { kind: 'client' }, async () => {
    const message = await bus
      .ask(subject, JSON.stringify(request), { timeoutMs: options.timeoutMs, headers: tracedHeaders() })
      .catch((error: unknown) => {
        throw unavailable(bus, subject, error);
      });
    if (headerOf(message.headers, 'Nats-Service-Error-Code') !== undefined) throw toProblem(message.string());
    return verb.reply.parse(parseJson(message.string()));
  });
}

function unavailable(bus: Bus, subject: string, error: unknown): Problem {
  const service = subject.split('.')[2] ?? 'service';
  if (bus.nc.isClosed() || !isNobody(error)) {
    return new Problem(
      'nats_unavailable',
      'NATS cannot be reached. Start nats-server or correct NATS_URL, then try again.',
      {
        cause: error,
      },
    );
  }
  return new Problem(
    'service_unavailable',
    `The ${service} service does not answer. Check that it runs (nats micro ls, or its log), then try again.`,
    { cause: error },
  );
}

function isNobody(error: unknown): boolean {
  return error instanceof TimeoutError || (error instanceof RequestError && error.isNoResponders());
}

function toProblem(text: string): Problem {
  const document = parseJson(text) as Record<string, unknown>;
  const { type: _type, title: _title, status: _status, code, detail, errors, ...extras } = document;
  const known = typeof code === 'string' && isProblemCode(code) ? code : 'internal';
  return new Problem(known, typeof detail === 'string' ? detail : 'The service failed while answering.', {
    ...(Array.isArray(errors) ? { errors } : {}),
    extras,
  });
}
