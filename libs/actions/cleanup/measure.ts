import { setTimeout } from 'node:timers/promises';
import type { EngineReader } from '../engine-port.ts';
import { readEach } from './read-each.ts';
import { type DiskUse, diskUseSchema, type ListedContainer, sizedContainerSchema } from './readings.ts';

/** Whoever waits for a preview waits five seconds: what is not measured by then is not known. */
const measureWithinMs = 2_500;

/** Resolves to undefined when no more time is to be spent on measuring. */
export function untilMeasured(): Promise<undefined> {
  return setTimeout(measureWithinMs, undefined, { ref: false });
}

/** What each container wrote into its own layer, by its id. Those that cannot be told in time are missing. */
export async function measureContainers(
  reader: EngineReader,
  containers: readonly Pick<ListedContainer, 'Id'>[],
  timeIsUp: Promise<undefined>,
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const measuring = readEach(containers, async ({ Id }) => {
    const answer = sizedContainerSchema.safeParse(
      await reader.read(['containers', Id, 'json'], { size: true }).catch(() => undefined),
    );
    if (answer.success) sizes.set(Id, answer.data.SizeRw);
  });
  await Promise.race([measuring, timeIsUp]);
  return new Map(sizes);
}

/** What the engine says that images and volumes use; undefined where it does not say it in time. */
export async function readDiskUse(
  reader: EngineReader,
  wanted: { readonly images: boolean; readonly volumes: boolean },
  timeIsUp: Promise<undefined>,
): Promise<DiskUse | undefined> {
  const of = async (type: 'image' | 'volume'): Promise<DiskUse | undefined> => {
    const looking = reader.read(['system', 'df'], { type }).catch(() => undefined);
    const parsed = diskUseSchema.safeParse(await Promise.race([looking, timeIsUp]));
    return parsed.success ? parsed.data : undefined;
  };
  // One after the other: older engines take one such question at a time.
  const images = wanted.images ? await of('image') : undefined;
  const volumes = wanted.volumes ? await of('volume') : undefined;
  return images || volumes ? { Images: images?.Images, Volumes: volumes?.Volumes } : undefined;
}
