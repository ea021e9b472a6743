import type { FastifyRequest } from 'fastify';
import { callRpc } from '#libs/bus/rpc';
import { idFromKey } from '#libs/contracts/ids';
import { safetyVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import { parseTargetId } from '#libs/contracts/target';
import { wantKnownEngine } from '../../resolver.ts';
import type { App, RouteParts } from '../app-type.ts';
import { keyHeadersSchema, keyOf } from '../asking-headers.ts';
import { identityOf } from '../authenticate.ts';
import { problemResponses } from '../problems.ts';
import { noQuery } from '../query.ts';

const tags = ['safety'];
// Long enough for safety itself to ask the executor what a container's name means.
const patience = { timeoutMs: 8_000 };
// Orders wait for their turn: all of them change one value.
const orderPatience = { timeoutMs: 20_000 };

// What safety wants of an order beyond its single members, as JSON schema has it.
const named = { anyOf: [{ required: ['container'] }, { required: ['target'] }] };
const resetForm = {
  anyOf: [
    { properties: { all: { const: true } }, required: ['all'], not: named },
    { properties: { all: { const: false } }, ...named },
  ],
};
const controlForm = { anyOf: [{ required: ['kill_switch'] }, { required: ['maintenance'] }] };

/** Safety's own verbs. Who acts is the principal of the request, never a member of it. */
export function safetyRoutes(app: App, { link }: RouteParts): void {
  const bus = () => link.open().context.bus;
  const { status, explain, reset, control } = safetyVerbs;

  app.get(
    '/api/v1/safety/status',
    {
      config: { scope: 'observe' },
      schema: {
        tags,
        operationId: 'safetyStatus',
        summary: 'Leases, cooldowns, back-offs and breakers, of one target or of all',
        querystring: status.request,
        response: { 200: status.reply, ...problemResponses },
      },
    },
    async (request) => {
      await wantKnownEngine(bus(), request.query.engine, 'query.engine');
      return callRpc(bus(), rpcSubject('safety', 'status'), status, request.query, patience);
    },
  );

  app.get(
    '/api/v1/safety/explain',
    {
      config: { scope: 'observe' },
      schema: {
        tags,
        operationId: 'explainSafety',
        summary: 'What safety would decide now, and when it will allow it',
        description: 'Of one `container`, or of one `target`: without either it is 400.',
        querystring: explain.request.omit({ principal: true }),
        response: { 200: explain.reply, ...problemResponses },
      },
    },
    async (request) => {
      const { engine, target = '' } = request.query;
      await wantKnownEngine(bus(), engine, 'query.engine');
      // What is only remembered needs no engine; what would be decided does.
      await wantKnownEngine(bus(), parseTargetId(target)?.engine, 'query.target');
      const question = { ...request.query, principal: identityOf(request).principal };
      return callRpc(bus(), rpcSubject('safety', 'explain'), explain, question, patience);
    },
  );

  app.post(
    '/api/v1/safety/reset',
    {
      config: { scope: 'admin' },
      schema: {
        tags,
        operationId: 'resetSafety',
        summary: 'Reset cooldown, back-off, breaker or rate of a target',
        querystring: noQuery,
        headers: keyHeadersSchema,
        body: reset.request.omit({ actor: true, request_id: true }).meta(resetForm),
        response: { 200: reset.reply, ...problemResponses },
      },
    },
    async (request) => {
      await wantKnownEngine(bus(), request.body.engine, 'engine');
      const order = { ...request.body, ...inNameOf(request) };
      return callRpc(bus(), rpcSubject('safety', 'reset'), reset, order, orderPatience);
    },
  );

  app.post(
    '/api/v1/safety/control',
    {
      config: { scope: 'admin' },
      schema: {
        tags,
        operationId: 'controlSafety',
        summary: 'Throw the kill switch, or set the maintenance windows',
        querystring: noQuery,
        headers: keyHeadersSchema,
        body: control.request.omit({ actor: true, request_id: true }).meta(controlForm),
        response: { 200: control.reply, ...problemResponses },
      },
    },
    (request) => {
      const order = { ...request.body, ...inNameOf(request) };
      return callRpc(bus(), rpcSubject('safety', 'control'), control, order, orderPatience);
    },
  );
}

/** Who orders, and what names the order when it is sent again. */
function inNameOf(request: FastifyRequest) {
  const { principal: actor } = identityOf(request);
  const key = keyOf(request);
  return key === undefined ? { actor } : { actor, request_id: idFromKey(actor, key) };
}
