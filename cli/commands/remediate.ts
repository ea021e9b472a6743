import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { systemClock } from '#libs/runtime/clock';
import { command } from '../command.ts';
import { CommandError, errorOfProblem, usageError } from '../command-error.ts';
import { followRemediation } from '../follow-remediation.ts';
import type { Answer, Gateway } from '../gateway.ts';
import { durationOption } from '../moments.ts';
import { paramsOf } from '../params.ts';
import { splitNames } from '../split-names.ts';
import { engineOption } from '../which-target.ts';

const defaultWaitSeconds = 180;
const tries = 3;

export const remediateCommand = command({
  name: 'remediate',
  summary: 'Ask for a remediation, follow it, and show what came of it',
  takes: { text: '<container> <action>', least: 1, most: 2 },
  options: {
    param: {
      type: 'list',
      value: '<name=value>',
      about: 'a parameter of the action; the value is JSON or a text',
    },
    reason: { type: 'text', value: '<text>', about: 'why; it stands in the audit' },
    confidence: { type: 'text', value: '<0..1>', about: 'how sure whoever asks is' },
    'dry-run': { type: 'flag', about: 'show the decision and the exact calls, and do nothing' },
    wait: {
      type: 'text',
      value: '<duration>',
      about: `how long to look on (${defaultWaitSeconds}s); 0 only asks`,
    },
    key: { type: 'text', value: '<key>', about: 'names the request: given again it is never done twice' },
    override: {
      type: 'list',
      value: '<gates>',
      about: 'break glass: some of cooldown, back_off, breaker, rate; needs admin and --reason',
    },
    engine: engineOption,
  },
  notes: [
    'An action that concerns no single container goes without one: hemostat remediate stop-chaos-attack --param attack_id=…',
    'Ctrl-C leaves the remediation running.',
  ],
  async run({ args, options }, context) {
    const [action, container] = args.toReversed();
    const override = splitNames(options.override);
    const params = paramsOf(options.param);
    const body = {
      action,
      ...(container === undefined ? {} : { container }),
      ...(Object.keys(params).length === 0 ? {} : { params }),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(options.confidence === undefined ? {} : { confidence: confidenceOf(options.confidence) }),
      ...(options['dry-run'] ? { dry_run: true } : {}),
      ...(override.length === 0 ? {} : { override }),
      ...(options.engine === undefined ? {} : { engine: options.engine }),
    };
    const waitSeconds =
      options.wait === undefined ? defaultWaitSeconds : durationOption('wait', options.wait);
    const mesh = context.gateway();
    const id = await ask(mesh, body, options.key ?? randomUUID());
    return followRemediation(mesh, { id, waitSeconds }, context);
  },
});

function confidenceOf(text: string): number {
  const confidence = Number(text);
  if (text.trim() !== '' && confidence >= 0 && confidence <= 1) return confidence;
  throw usageError(`--confidence ${text}: this is no number from 0 to 1`);
}

// A request that was refused at once stands as a remediation, too.
const refusals = [403, 404, 409, 422, 429, 503];
const standingSchema = z.object({ remediation_id: z.string() });
const endedSchema = standingSchema.extend({ state: z.literal('complete') });

/** The id of the remediation. When no answer comes it asks again: the key keeps it from being done twice. */
async function ask(mesh: Gateway, body: object, key: string): Promise<string> {
  const headers = { 'idempotency-key': key };
  for (let left = tries - 1; ; left -= 1) {
    try {
      const answer = await mesh.ask('POST', '/api/v1/remediations', { headers, body, answers: refusals });
      return idIn(answer);
    } catch (error) {
      const silent = error instanceof CommandError && error.document.code === 'gateway_silent';
      if (!silent) throw error;
      if (left === 0) throw unsure(error, key);
      await systemClock.sleep(1_000);
    }
  }
}

function idIn({ status, body }: Answer): string {
  const read = (status < 400 ? standingSchema : endedSchema).safeParse(body);
  if (read.success) return read.data.remediation_id;
  throw errorOfProblem(body) ?? new Error(`an answer ${status} without a remediation id`);
}

function unsure({ exitCode, message }: CommandError, key: string): CommandError {
  const remedy = `it may have been asked for all the same; ask again with --key ${key}, and it is not done twice`;
  return new CommandError(exitCode, message, { code: 'gateway_silent', remedy });
}
