import { callText, type EngineCall } from '#libs/actions/engine-port';
import type { Labels } from '#libs/actions/labels';
import { type Target, targetId } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { DockerError } from '../../../services/executor/docker/docker-error.ts';
import type { Weather } from '../world/weather.ts';
import type { World } from '../world/world.ts';
import { type Container, containerAt, type Place, placeNamed } from './containers.ts';

/** One call that the engine took, whoever made it and whatever became of them. */
export type Effect = {
  readonly remediationId: string;
  readonly containerId: string;
  readonly call: string;
  readonly by: string;
};

export interface Engine {
  readonly places: readonly Place[];
  readonly containers: readonly Container[];
  /** Who is the target now: by its name, or of Compose's by labels of its own, whatever it is called. */
  claimantsOf(target: Target): readonly Container[];
  /** Makes another one like it, under a name that is free. */
  add(place: Pick<Place, 'name' | 'labels'>, patient: Container['patient'], ofImage?: Labels): void;
  /** Null removes it. */
  rename(container: Container, name: string | null): void;
  byId(id: string): Container | undefined;
  isAway(): boolean;
  /** Takes a call. What it answers may never come, and what it does may come later than that. */
  take(effect: Omit<Effect, 'call' | 'containerId'>, call: EngineCall, answer: Answer): void;
  onChange(heard: () => void): void;
  onEffect(heard: (effect: Effect, landed: boolean) => void): void;
  /** Nothing that was taken is still to come. */
  isQuiet(): boolean;
}
export type Answer = (problem?: DockerError) => void;

export function createEngine(world: World, weather: Weather, names: readonly string[]): Engine {
  const { chance } = world;
  const places = names.map(placeNamed);
  const all = places.map((place) =>
    containerAt(place, chance.oneOf(['curable', 'curable', 'incurable', 'unclear']), world.now()),
  );
  const present = (): readonly Container[] => all.filter(({ name }) => name !== null);
  const byId = (id: string): Container | undefined => present().find((each) => each.id === id);
  const heardChange: (() => void)[] = [];
  const heardEffect: ((effect: Effect, landed: boolean) => void)[] = [];
  let coming = 0;

  const later = (ms: number, work: () => void): void => {
    coming += 1;
    world.after(ms, () => {
      coming -= 1;
      work();
    });
  };
  const changed = (): void => {
    for (const heard of heardChange) heard();
  };
  const change = (container: Container, running: boolean): void => {
    const at = toInstant(world.now());
    container.running = running;
    if (running) container.startedAt = at;
    else container.finishedAt = at;
    changed();
  };

  return {
    places,
    get containers() {
      return present();
    },
    byId,
    claimantsOf: (target) => {
      const place = places.find((each) => targetId(each.target) === targetId(target));
      const isNamed = ({ name }: Container): boolean => name === place?.name;
      const isOwn = ({ labels, ofImage }: Container): boolean => labels !== ofImage;
      const isOfCompose = target.kind === 'compose';
      return present().filter(
        (each) =>
          each.labels === place?.labels && (isOfCompose ? isOwn(each) || isNamed(each) : isNamed(each)),
      );
    },
    add: (place, patient, ofImage) => {
      all.push(containerAt(place, patient, world.now(), ofImage));
      changed();
    },
    rename: (container, name) => {
      container.name = name;
      container.namedAt = world.now();
      changed();
    },
    isAway: () => world.now() < weather.engineAwayUntil(),
    onChange: (heard) => void heardChange.push(heard),
    onEffect: (heard) => void heardEffect.push(heard),
    isQuiet: () => coming === 0,
    take: (about, call, answer) => {
      const [, id = '', verb = ''] = call.path;
      const container = byId(id);
      const fate = weather.engineFate();
      if (!container || fate === 'refused') return answer(refused(container ? 500 : 404));
      if (fate === 'unreached' || world.now() < weather.engineAwayUntil()) return answer(unreached);
      const effect = { ...about, containerId: id, call: callText(call) };
      world.note(
        `the engine takes ${verb} ${container.name} of ${about.remediationId}: ${fate ?? 'promptly'}`,
      );
      for (const heard of heardEffect) heard(effect, false);
      const ms =
        fate === 'slow' || fate === 'frozen'
          ? chance.between(8_000, weather.climate.longestCallMs)
          : chance.between(5, 1_500);
      const landed = (): void => {
        world.note(`${verb} ${container.name} of ${about.remediationId} is done`);
        for (const heard of heardEffect) heard(effect, true);
      };
      if (verb === 'restart' && fate !== 'never' && fate !== 'frozen') {
        later(chance.between(1, ms), () => {
          if (byId(id) && container.running) change(container, false);
        });
      }
      if (fate !== 'never' && fate !== 'half') {
        later(ms, () => {
          if (!byId(id)) return;
          change(container, verb !== 'stop' && verb !== 'kill');
          landed();
        });
      }
      if (fate === 'cut' || fate === 'half' || fate === 'never')
        later(chance.between(0, ms), () => answer(broken));
      else later(ms + chance.between(0, 3), () => answer(byId(id) ? undefined : refused(404)));
    },
  };
}

const meaning = { cause: 'The simulated engine is in trouble', remedy: 'wait' };
const unreached = new DockerError({ kind: 'not_reached', code: 'ECONNREFUSED', ...meaning });
const broken = new DockerError({ kind: 'no_answer', code: 'ECONNRESET', ...meaning });
export const timedOut = new DockerError({ kind: 'no_answer', code: 'timeout', ...meaning });
export const away = unreached;
const refused = (status: number): DockerError =>
  new DockerError({ kind: 'refused', code: `http_${status}`, status, ...meaning });
