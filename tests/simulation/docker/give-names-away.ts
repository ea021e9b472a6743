import { factSchema, requestedSchema } from '#libs/contracts/facts';
import { requestedSubject } from '#libs/contracts/subjects';
import type { Server } from '../nats/server.ts';
import type { Weather } from '../world/weather.ts';
import type { World } from '../world/world.ts';
import type { Container, Place } from './containers.ts';
import type { Engine } from './engine.ts';

type Move = (place: Place, holder: Container, aside: Container | undefined) => void;

const longestAwayMs = 5_000;

/** What people do to containers while the mesh is at work on them: now and then after a fact, between it and the next. */
export function giveNamesAway(world: World, engine: Engine, server: Server, weather: Weather): void {
  const { aside: chance } = world;
  const named = (name: string) => engine.containers.find((each) => each.name === name);
  const asideOf = ({ name }: Place): string => `${name}-old`;
  const create = (place: Place): void => engine.add(place, chance.oneOf(['curable', 'incurable']));
  const moves: Readonly<Record<string, Move>> = {
    're-created': (place, holder) => {
      engine.rename(holder, null);
      create(place);
    },
    'set aside for a new one': (place, holder, aside) => {
      if (aside) engine.rename(aside, null);
      engine.rename(holder, asideOf(place));
      create(place);
    },
    'exchanged with the one that was set aside': (place, holder, aside) => {
      engine.rename(holder, asideOf(place));
      if (aside) engine.rename(aside, place.name);
    },
    'exchanged with another': (place, holder) => {
      const other = engine.places.find((each) => each !== place);
      const second = other && named(other.name);
      if (!second) return;
      engine.rename(holder, other.name);
      engine.rename(second, place.name);
    },
    copied: ({ name, labels }) =>
      engine.add({ name: `${name}-copy-${world.now()}`, labels }, 'curable', labels),
    removed: (place, holder) => {
      engine.rename(holder, null);
      world.after(chance.between(0, longestAwayMs), () => {
        if (!named(place.name)) create(place);
      });
    },
  };
  const move = (place: Place | undefined): void => {
    const what = chance.oneOf(['copied', ...Object.keys(moves)]);
    const holder = place && named(place.name);
    if (!place || !holder) return;
    weather.noteFault();
    world.note(`${place.name} is ${what}`);
    moves[what]?.(place, holder, named(asideOf(place)));
  };
  server.facts.onAppend(({ payload }) => {
    if (!chance.happens(weather.now().replaced)) return;
    const { remediation_id: id } = factSchema.parse(JSON.parse(payload));
    const requested = server.facts.last(requestedSubject(id));
    const plan = requested && requestedSchema.parse(JSON.parse(requested.payload)).plan;
    const step = chance.oneOf([plan?.steps[0], ...(plan?.steps ?? [])]);
    const place = engine.places.find(({ target }) => target.name === step?.target.name);
    world.after(chance.between(0, chance.oneOf([4, 200, 1_500])), () => move(place));
  });
}
