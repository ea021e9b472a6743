import { setTimeout } from 'node:timers/promises';
import type Docker from 'dockerode';
import { startContainer } from '#libs/testing/container';
import { testLabel, testRun } from '#libs/testing/docker-engine-labels';
import type { Moment, Move, Schedule } from './schedule.ts';

/** Stays while it runs first, and ends at once with every later run. */
const ill = ['sh', '-c', '[ -e /ran ] && exit 7; : > /ran; exec sleep 1000000'];
const well = ['sleep', '1000000'];

/** The containers of one schedule, and the hand that moves their names about. */
export interface Scene extends AsyncDisposable {
  /** A fact of the remediation was heard, or its request is sent. */
  heard(moment: Moment): void;
  /** Resolves when nobody moves anything any more. */
  quiet(): Promise<void>;
}

export async function openScene(docker: Docker, image: string, schedule: Schedule): Promise<Scene> {
  const { name, labels, fallsIll, moves } = schedule;
  await using opening = new AsyncDisposableStack();
  let stack = opening;
  const images: string[] = [];
  stack.defer(async () => {
    for (const each of images) await docker.getImage(each).remove({ force: true });
  });
  const start = async (
    as: string,
    of: { image: string; cmd: readonly string[]; labels?: Schedule['labels'] },
  ) => stack.use(await startContainer(docker, { ...of, name: as, create: { StopTimeout: 1 } }));
  const startAnother = () => start(name, { image, cmd: well, labels });
  await start(name, { image, cmd: fallsIll ? ill : well, labels });
  if (moves.some(({ kind }) => kind === 'swapped')) await start(`${name}-b`, { image, cmd: well });

  let count = 0;
  const make: Readonly<Record<Move['kind'], (holder: Docker.Container) => Promise<unknown>>> = {
    're-created': async (holder) => {
      await holder.remove({ force: true });
      await startAnother();
    },
    'set aside': async (holder) => {
      await holder.rename({ name: `${name}-old${count}` });
      await startAnother();
    },
    swapped: async (holder) => {
      const other = docker.getContainer((await docker.getContainer(`${name}-b`).inspect()).Id);
      await holder.rename({ name: `${name}-c` });
      await other.rename({ name });
      await holder.rename({ name: `${name}-b` });
    },
    removed: (holder) => holder.remove({ force: true }),
    copied: async (holder) => {
      const changes = `LABEL ${testLabel}=${testRun}`;
      const { Id } = (await holder.commit({ repo: `${name}-snapshot`, tag: String(count), changes })) as {
        Id: string;
      };
      images.push(Id);
      await start(`${name}-copy${count}`, { image: Id, cmd: well });
    },
  };
  // The engine may be in the middle of a restart: then this move is not made. What was made is told by its events.
  const move = async ({ kind }: Move): Promise<void> => {
    count += 1;
    try {
      await make[kind](docker.getContainer((await docker.getContainer(name).inspect()).Id));
    } catch (error) {
      if (!(error instanceof Error && 'statusCode' in error)) throw error;
    }
  };
  let moving = Promise.resolve();
  const heard = (moment: Moment): void => {
    for (const each of moves.filter(({ upon }) => upon === moment)) {
      const due = setTimeout(each.afterMs);
      moving = moving.then(() => due).then(() => move(each));
    }
  };
  stack = opening.move();
  return { heard, quiet: () => moving, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
