import { callRpc } from '#libs/bus/rpc';
import { safetyVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import type { App, RouteParts } from '../app-type.ts';
import { identityOf } from '../authenticate.ts';
import { problemResponses } from '../problems.ts';
import { noQuery } from '../query.ts';

const tags = ['safety'];
// Long enough for safety itself to ask the executor what a container's name means.
const patience = { timeoutMs: 8_000 };

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
    (request) => callRpc(bus(), rpcSubject('safety', 'status'), status, request.query, patience),
  );

  app.get(
    '/api/v1/safety/explain',
    {
      config: { scope: 'observe' },
      schema: {
        tags,
        operationId: 'explainSafety',
        summary: 'What safety would decide now, and when it will allow it',
        querystring: explain.request.omit({ principal: true }),
        response: { 200: explain.reply, ...problemResponses },
      },
    },
    (request) => {
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
        body: reset.request.omit({ actor: true }),
        response: { 200: reset.reply, ...problemResponses },
      },
    },
    (request) => {
      const order = { ...request.body, actor: identityOf(request).principal };
      return callRpc(bus(), rpcSubject('safety', 'reset'), reset, order, patience);
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
        body: control.request.omit({ actor: true }),
        response: { 200: control.reply, ...problemResponses },
      },
    },
    (request) => {
      const order = { ...request.body, actor: identityOf(request).principal };
      return callRpc(bus(), rpcSubject('safety', 'control'), control, order, patience);
    },
  );
}
