import { hash } from 'node:crypto';
import { type Cancel, createAgenda } from './agenda.ts';
import { type Chance, chanceFrom } from './chance.ts';
import { afterAllTurns } from './turns.ts';

/** Everything that a simulated run is: one time, one chance, one order of events, and what was noted of them. */
export interface World {
  /** Milliseconds since the epoch, by the clock on the wall; processes have their own. */
  now(): number;
  readonly chance: Chance;
  /** For what came later, so that a seed still means what it meant. */
  readonly aside: Chance;
  /** `wakes`: code of a process may go on because of it, and is let do so before anything else happens. */
  after(ms: number, work: () => void, wakes?: boolean): Cancel;
  /** One line of the history. Two runs of one seed note the same lines. */
  note(line: string): void;
  /** Something that must never be. The first one ends the run. */
  violated(invariant: string, what: string): void;
  readonly violations: readonly Violation[];
  history(): History;
  /** Lets events happen until `done`, or until that much time went by. */
  run(done: () => boolean, mostMs: number): Promise<boolean>;
}

export type Violation = { readonly invariant: string; readonly what: string };
export type History = { readonly sha256: string; readonly lines: readonly string[] };

const beginning = Date.UTC(2026, 0, 1);

export function createWorld(seed: number): World {
  const agenda = createAgenda();
  const lines: string[] = [];
  const violations: Violation[] = [];
  let now = beginning;
  let someWoke = true;
  const waking = (work: () => void) => () => {
    someWoke = true;
    work();
  };

  const note = (line: string): void => void lines.push(`${now - beginning} ${line}`);
  return {
    now: () => now,
    chance: chanceFrom(seed),
    aside: chanceFrom(~seed),
    after: (ms, work, wakes = false) => agenda.put(now + Math.max(0, ms), wakes ? waking(work) : work),
    note,
    violated: (invariant, what) => {
      note(`VIOLATED ${invariant}: ${what}`);
      violations.push({ invariant, what });
    },
    violations,
    history: () => ({ sha256: hash('sha256', lines.join('\n'), 'hex'), lines }),
    run: async (done, mostMs) => {
      const end = now + mostMs;
      while (!done() && violations.length === 0) {
        const due = agenda.take();
        if (!due || due.dueAt > end) return false;
        now = due.dueAt;
        due.work();
        if (someWoke) await afterAllTurns();
        someWoke = false;
      }
      return violations.length === 0;
    },
  };
}
