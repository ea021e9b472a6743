import { z } from 'zod';
import { command, noArguments } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { factsFromLines } from '../facts-from.ts';
import { type Gateway, readAnswer } from '../gateway.ts';
import { countOption, momentOption } from '../moments.ts';
import { policyOf } from '../policy-file.ts';
import { tableLines } from '../table.ts';

const verdictSchema = z.object({ verdict: z.string(), reason: z.string().optional() });
const replaySchema = z.looseObject({
  since: z.string(),
  until: z.string(),
  facts_from: z.string().nullable(),
  from_the_beginning: z.boolean(),
  requests: z.number(),
  unchanged: z.number(),
  newly_approved: z.number(),
  newly_refused: z.number(),
  other_reason: z.number(),
  assumed_like_another: z.number(),
  decisions: z.array(
    z.looseObject({
      at: z.string(),
      remediation_id: z.string(),
      container: z.string(),
      action: z.string(),
      was: verdictSchema,
      would_be: verdictSchema,
      outcome: z.string().nullable(),
      assumed: z.object({ outcome: z.string() }).nullish(),
    }),
  ),
  next: z.number().nullable(),
});
type Replay = z.output<typeof replaySchema>;

const pageSize = 500;

export const replayCommand = command({
  name: 'replay',
  summary: 'What would have been decided on recorded requests under another policy',
  takes: noArguments,
  options: {
    policy: {
      type: 'text',
      value: '<file>',
      about:
        "safety's settings by their names: lines of NAME=value, or a JSON object; others stay as they are",
    },
    set: { type: 'list', value: '<NAME=value>', about: 'one of these settings; goes before the file' },
    since: {
      type: 'text',
      value: '<when>',
      about: 'requests decided from then on: 24h (unless told), or a timestamp',
    },
    until: { type: 'text', value: '<when>', about: 'up to then' },
    all: { type: 'flag', about: 'show the decisions that stay as they were, too' },
    limit: { type: 'text', value: '<count>', about: 'at most so many decisions (100)' },
  },
  notes: ['Changes nothing. Without a policy it shows whether the decisions would be the same again.'],
  async run({ options }, { gateway, notes, show, now }) {
    const body = {
      since: momentOption('since', options.since, now()) ?? momentOption('since', '24h', now()),
      until: momentOption('until', options.until, now()),
      policy: policyOf(options.policy, options.set),
      show: options.all ? 'all' : 'changed',
    };
    if (notes.isTerminal) notes.line('Reading the facts …');
    const replay = await everyPage(gateway(), body, countOption('limit', options.limit ?? '100'));
    show(replay, () => replayLines(replay));
    if (replay.next !== null)
      notes.line('There are more: raise --limit, or narrow it with --since and --until.');
    return exitCodes.well;
  },
});

/** As if it were one page; `next` is where the last one ended. */
async function everyPage(mesh: Gateway, body: object, limit: number): Promise<Replay> {
  let whole: Replay | undefined;
  for (let left = limit; ; left = limit - whole.decisions.length) {
    const page = { ...body, limit: Math.min(left, pageSize), after: whole?.next ?? 0 };
    const read = readAnswer(
      await mesh.ask('POST', '/api/v1/replay', { body: page, timeoutMs: 70_000 }),
      replaySchema,
    );
    whole = whole ? { ...whole, decisions: [...whole.decisions, ...read.decisions], next: read.next } : read;
    if (whole.next === null || whole.decisions.length >= limit) return whole;
  }
}

function replayLines(replay: Replay): readonly string[] {
  const { requests, since, until, unchanged, newly_approved: approved, newly_refused: refused } = replay;
  return [
    `${requests} requests were decided from ${since} until ${until}.`,
    `${unchanged} stay as they were; ${approved} would be approved, ${refused} refused, ${replay.other_reason} refused for another reason.`,
    ...(replay.assumed_like_another > 0
      ? [
          `How ${replay.assumed_like_another} of the newly approved would have ended is assumed after others like them.`,
        ]
      : []),
    ...factsFromLines(replay),
    ...(replay.decisions.length === 0 ? [] : ['', ...decisionLines(replay)]),
  ];
}

function decisionLines({ decisions }: Replay): readonly string[] {
  const say = ({ verdict, reason }: z.output<typeof verdictSchema>): string => reason ?? verdict;
  return tableLines(
    ['when', 'container', 'action', 'was', 'would be', 'ended', 'remediation'],
    decisions.map((each) => [
      each.at,
      each.container,
      each.action,
      say(each.was),
      say(each.would_be),
      each.assumed ? `${each.assumed.outcome} (assumed)` : (each.outcome ?? '-'),
      each.remediation_id,
    ]),
  );
}
