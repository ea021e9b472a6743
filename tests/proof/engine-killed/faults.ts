import { setTimeout } from 'node:timers/promises';
import type { OwnEngine } from '#libs/testing/docker-engine';
import type { drawFrom } from '../draw.ts';
import type { EvidenceFolder } from '../evidence/folder.ts';
import type { Supervised } from '../evidence/supervised.ts';

const shortestPauseMs = 1_000;
const longestPauseMs = 4_000;

/** Kills executors and the engine under them in turns; what was killed runs again before the next one dies. */
export async function killExecutorsAndEngine({
  supervised,
  engine,
  evidence,
  kills,
  draw,
}: {
  readonly supervised: Supervised;
  readonly engine: OwnEngine;
  readonly evidence: EvidenceFolder;
  readonly kills: number;
  readonly draw: ReturnType<typeof drawFrom>;
}): Promise<void> {
  const executors = supervised.places.filter(({ service }) => service === 'executor');
  for (let done = 0; done < kills; done += 1) {
    await setTimeout(shortestPauseMs + draw(longestPauseMs - shortestPauseMs));
    const executor = executors[draw(executors.length)];
    if (done % 2 === 0 && executor) await supervised.kill(executor);
    else await killEngine(engine, evidence);
  }
}

async function killEngine(engine: OwnEngine, evidence: EvidenceFolder): Promise<void> {
  const at = Date.now();
  await engine.kill9();
  await engine.restart();
  const now = Date.now();
  evidence.kill({ what: 'engine', process: 'dockerd', at, replaced_at: now, ready_at: now });
}
