import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ContainerAction, Patient } from '../action.ts';
import { containerCall, type EngineCall } from '../engine-port.ts';
import { notApplicable } from '../not-applicable.ts';
import { unseen } from '../same-container.ts';
import { commandSchema, commandText } from './argv.ts';
import { builtInCommands } from './commands.ts';
import { markOf, programBody } from './exec-body.ts';
import { judge } from './grammar.ts';
import { mostBytes, resultOf } from './result.ts';

const paramsSchema = z.strictObject({
  command: commandSchema.describe(
    'A command that is allowed, as a text such as "ps -ef" (split at blanks; no quotes, nothing a shell would read) or as a list of words.',
  ),
  timeout_seconds: z.int().min(1).max(60).default(10).describe('seconds after which it is killed'),
});

/** For what comes before the program begins, and for its end when its time is over. */
const slackSeconds = 20;

/**
 * Runs one command of a fixed list in the container, by its argv: no shell ever reads what the caller wrote. Reads
 * only. When nobody heard how it ended it is not run again, and nothing can be found out about it.
 */
export const exec: ContainerAction = {
  on: 'container',
  name: 'exec',
  summary: 'Run a diagnostic command in a container and show what it prints, without secrets.',
  params: paramsSchema,
  risk: 'low',
  reversible: true,
  diagnostic: true,
  undoes: false,
  expects: null,

  denies(params, { commands }) {
    const judged = judge(paramsSchema.parse(params).command, commands);
    return judged.kind === 'denied' ? { field: 'command', message: judged.message } : undefined;
  },

  prepare(patient, params, { commands } = { commands: builtInCommands }) {
    const { command, timeout_seconds } = paramsSchema.parse(params);
    const judged = judge(command, commands);
    if (judged.kind === 'denied') return notApplicable(judged.message);
    const obstacle = whyNot(patient);
    if (obstacle !== undefined) return notApplicable(`${patient.container_name} ${obstacle}`);
    const mark = markOf(patient.remediation_id ?? randomUUID());
    return {
      kind: 'ready',
      command: `docker exec ${patient.container_name} ${commandText(judged.argv)}`,
      calls: [creation(patient, judged.argv, mark)],
      notes: notesOn(patient, command[0] ?? ''),
      estimated_downtime_seconds: 0,
      evidence: { container_id: patient.container_id, argv: judged.argv, mark, timeout_seconds },
      settle_seconds: timeout_seconds + slackSeconds,
    };
  },

  async run({ engine }, patient, prepared, signal) {
    const [create] = prepared.calls;
    const { argv, mark, timeout_seconds } = evidenceSchema.parse(prepared.evidence);
    if (!create) throw new RangeError('nothing was prepared');
    const end = await engine.exec({ create, mark, timeoutMs: timeout_seconds * 1_000, mostBytes }, signal);
    const run = {
      name: argv[0] ?? '',
      command: commandText(argv),
      container: patient.container_name,
      containerId: patient.container_id,
      timeoutSeconds: timeout_seconds,
    };
    return resultOf(run, end);
  },

  observe: () => unseen('what a command printed cannot be read again; ask for it anew'),
};

const evidenceSchema = z.object({
  argv: z.array(z.string()),
  mark: z.string(),
  timeout_seconds: z.number(),
});

function creation({ container_id }: Patient, argv: readonly string[], mark: string): EngineCall {
  return { ...containerCall('POST', container_id, 'exec'), body: programBody(argv, mark) };
}

function whyNot({ reading }: Patient): string | undefined {
  if (reading.paused) return 'is paused: nothing in it can run. Ask for unpause first';
  if (reading.restarting) return 'is being started again by its restart policy: ask again when it runs';
  return reading.running ? undefined : `does not run (it is ${reading.status}): there is nothing to look at`;
}

function notesOn({ target, container_name }: Patient, name: string): readonly string[] {
  return [
    ...(target.kind === 'swarm'
      ? [`of the service ${target.name} it runs in the container ${container_name}`]
      : []),
    ...(name === 'env' ? ['the values are not shown'] : []),
  ];
}
