import { z } from 'zod';
import { parseJson } from '#libs/contracts/json';
import type { StreamEvent } from './event-stream.ts';
import type { Screen, Style } from './screen.ts';
import { plain } from './table.ts';

const factSchema = z.looseObject({
  type: z.string(),
  at: z.string(),
  remediation_id: z.string(),
  message: z.string(),
  verdict: z.string().optional(),
  outcome: z.string().optional(),
  asked: z.object({ container: z.string(), action: z.string() }).optional(),
});
export type ToldFact = z.output<typeof factSchema>;

/** The fact in an event; undefined for what a later version may send besides. */
export function factIn({ data }: StreamEvent): ToldFact | undefined {
  try {
    return factSchema.safeParse(parseJson(data ?? '')).data;
  } catch {
    return undefined;
  }
}

/** Nothing comes after it. */
export function isEnd({ type, verdict }: ToldFact): boolean {
  return type === 'complete' || (type === 'decided' && verdict !== 'approved');
}

/** A fact in one line, at the local time of its instant. */
export function factLine(fact: ToldFact, screen: Screen): string {
  const { type, at, message, asked, remediation_id: id } = fact;
  const time = screen.paint('dim', new Date(at).toTimeString().slice(0, 8));
  const words = [time, screen.paint(styleOf(fact), type.padEnd(9))];
  if (!asked) return [...words, plain(message)].join('  ');
  const what = `${plain(asked.action)} ${plain(asked.container)}`;
  return [...words, what, plain(message), screen.paint('dim', id)].join('  ');
}

function styleOf({ type, verdict, outcome }: ToldFact): Style {
  if (type === 'decided') return verdict === 'refused' ? 'yellow' : 'bold';
  if (type === 'verified') return verdict === 'healthy' ? 'green' : 'yellow';
  if (type === 'complete') return outcome === 'recovered' || outcome === 'executed' ? 'green' : 'red';
  return 'bold';
}
