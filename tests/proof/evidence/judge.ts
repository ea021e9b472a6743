import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const count = z.record(z.string(), z.number());
const judgedSchema = z.object({
  remediations: z.number(),
  acted: z.number(),
  kills: z.number(),
  restarts_seen: z.number(),
  restarts_audited: z.number(),
  outcomes: count,
  offences: count,
  ready_p50_ms: z.number(),
  takeover_p50_ms: z.number(),
  takeover_p95_ms: z.number(),
  takeover_max_ms: z.number(),
  takeover_of_work_p95_ms: z.number(),
  takeover_whole_p95_ms: z.number(),
});
export type Judged = z.infer<typeof judgedSchema> & {
  readonly holds: boolean;
  readonly said: string;
  /** Offences against I1 and I2; -1 where they were not looked for. */
  readonly lost: number;
  readonly doubled: number;
};

const checker = join(import.meta.dirname, '..', 'check.ts');

/** Lets the checker, a program of its own, judge the evidence. */
export async function judge(folder: string): Promise<Judged> {
  const child = spawn(process.execPath, [checker, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complained, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  const last = said.trimEnd().split('\n').at(-1) ?? '';
  if (code !== 0 && !last.startsWith('{')) throw new Error(`the checker broke: ${complained}`);
  const judged = judgedSchema.parse(JSON.parse(last));
  return {
    ...judged,
    holds: code === 0,
    said,
    lost: judged.offences['I1 nothing lost'] ?? -1,
    doubled: judged.offences['I2 nothing twice'] ?? -1,
  };
}
