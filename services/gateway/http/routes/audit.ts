import { callRpc } from '#libs/bus/rpc';
import { auditVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import type { App, RouteParts } from '../app-type.ts';
import { problemResponses } from '../problems.ts';
import { instantQuery, integerQuery, noQuery } from '../query.ts';

const tags = ['audit'];
const { query, verify } = auditVerbs;

export function auditRoutes(app: App, { link }: RouteParts): void {
  const bus = () => link.open().context.bus;

  app.get(
    '/api/v1/audit',
    {
      config: { scope: 'observe' },
      schema: {
        tags,
        operationId: 'searchAudit',
        summary: 'Search the audit, newest first',
        querystring: query.request.extend({
          since: instantQuery,
          until: instantQuery,
          limit: integerQuery(1, 1_000),
        }),
        response: { 200: query.reply, ...problemResponses },
      },
    },
    (request) => callRpc(bus(), rpcSubject('audit', 'query'), query, request.query, { timeoutMs: 10_000 }),
  );

  app.get(
    '/api/v1/audit/verify',
    {
      config: { scope: 'observe' },
      schema: {
        tags,
        operationId: 'verifyAudit',
        summary: 'Check the hash chain of the whole audit file',
        querystring: noQuery,
        response: { 200: verify.reply, ...problemResponses },
      },
    },
    () => callRpc(bus(), rpcSubject('audit', 'verify'), verify, {}, { timeoutMs: 60_000 }),
  );
}
