import { callRpc } from '#libs/bus/rpc';
import { auditVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import type { App, RouteParts } from '../app-type.ts';
import { problemResponses } from '../problems.ts';
import { instantQuery, integerQuery } from '../query.ts';

const tags = ['audit'];
const { prove, query, verify } = auditVerbs;

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
        summary: 'Check the whole audit: its hash chain, and the signed checkpoints',
        querystring: verify.request,
        response: { 200: verify.reply, ...problemResponses },
      },
    },
    (request) => callRpc(bus(), rpcSubject('audit', 'verify'), verify, request.query, { timeoutMs: 60_000 }),
  );

  app.get(
    '/api/v1/audit/proof',
    {
      config: { scope: 'observe' },
      schema: {
        tags,
        operationId: 'proveRemediation',
        summary: 'A proof that the records of a remediation stand in the audit, to be checked without it',
        querystring: prove.request,
        response: { 200: prove.reply, ...problemResponses },
      },
    },
    (request) => callRpc(bus(), rpcSubject('audit', 'prove'), prove, request.query, { timeoutMs: 60_000 }),
  );
}
