import { z } from 'zod';
import { actRecordSchema } from '#libs/contracts/act-record';
import { appenderSchema, auditHeadSchema } from '#libs/contracts/audit-head';
import { auditRecordSchema } from '#libs/contracts/audit-record';
import { cellSchema, keptControlSchema } from '#libs/contracts/cell';
import {
  completeSchema,
  decidedSchema,
  executedSchema,
  finishedSchema,
  requestedSchema,
  startedSchema,
  verifiedSchema,
} from '#libs/contracts/facts';
import { deadLetterSchema, safetyActSchema } from '#libs/contracts/rpc';

const id = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const token = '([A-Za-z0-9_-]|=[0-9A-F]{2})+';

/** As docs/responder.md has it. */
const resultSchema = z
  .looseObject({
    event_type: z.literal('remediation_complete'),
    container: z.string(),
    action: z.string(),
    timestamp: z.iso.datetime(),
    dry_run: z.boolean(),
    confidence: z.number().nullable(),
    reason: z.string().nullable(),
    remediation_id: z.uuid(),
    outcome: z.string(),
    gates: z.array(z.looseObject({ gate: z.string() })),
    data: z.looseObject({ container: z.string(), remediation_id: z.uuid() }),
  })
  .and(
    z.union([
      z.looseObject({ status: z.literal('rejected') }),
      z.looseObject({
        result: z.looseObject({ status: z.enum(['success', 'failed', 'not_applicable', 'not_available']) }),
      }),
    ]),
  );

/** Every kind of message that the mesh keeps, by the form of its subject, and the schema that it has to fit. */
export const messageKinds: Readonly<
  Record<string, { readonly subject: RegExp; readonly schema: z.ZodType; readonly isText?: true }>
> = {
  requested: { subject: new RegExp(`^hemostat\\.remediation\\.${id}\\.requested$`), schema: requestedSchema },
  decided: {
    subject: new RegExp(`^hemostat\\.remediation\\.${id}\\.decided\\.${token}$`),
    schema: decidedSchema,
  },
  started: {
    subject: new RegExp(`^hemostat\\.remediation\\.${id}\\.step\\.\\d+\\.started$`),
    schema: startedSchema,
  },
  executed: {
    subject: new RegExp(`^hemostat\\.remediation\\.${id}\\.step\\.\\d+\\.executed$`),
    schema: executedSchema,
  },
  verified: {
    subject: new RegExp(`^hemostat\\.remediation\\.${id}\\.step\\.\\d+\\.verified$`),
    schema: verifiedSchema,
  },
  finished: { subject: new RegExp(`^hemostat\\.remediation\\.${id}\\.finished$`), schema: finishedSchema },
  complete: { subject: new RegExp(`^hemostat\\.remediation\\.${id}\\.complete$`), schema: completeSchema },
  result: { subject: /^hemostat\.remediation_complete$/, schema: resultSchema },
  safety_act: { subject: /^hemostat\.safety\.(reset|control)\.[0-9a-f-]+$/, schema: safetyActSchema },
  audit: { subject: new RegExp(`^hemostat\\.audit\\.${token}$`), schema: auditRecordSchema },
  checkpoint: {
    subject: /^hemostat\.checkpoint$/,
    schema: z.string().regex(/^hemostat\/audit\n\d+\n\S{44}\n\n\u2014 hemostat\/audit \S+\n$/),
    isText: true,
  },
  dead_letter: { subject: new RegExp(`^hemostat\\.dead\\.${token}$`), schema: deadLetterSchema },
  cell: { subject: new RegExp(`^\\$KV\\.hemostat_safety\\.target\\.${token}$`), schema: cellSchema },
  control: { subject: /^\$KV\.hemostat_safety\.control$/, schema: keptControlSchema },
  act: { subject: /^\$KV\.hemostat_safety\.act\.[0-9a-f-]+$/, schema: actRecordSchema },
  audit_state: { subject: /^\$KV\.hemostat_audit\..+$/, schema: z.union([auditHeadSchema, appenderSchema]) },
};
