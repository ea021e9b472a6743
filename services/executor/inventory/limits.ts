import { type Limits, limitsSchema } from '#libs/contracts/limits';

/**
 * The labels by which a target asks for more care than the settings give. `-` and `_` mean the same in their names.
 * A label that cannot be read is no reason to be less careful: then nothing is done to the target at all.
 */
const readers: Readonly<Record<string, (text: string) => Limits | string>> = {
  'hemostat.cooldown': (text) =>
    /^\d{1,9}(\.\d+)?$/.test(text) && Number(text) <= yearSeconds
      ? { cooldown_seconds: Number(text) }
      : `seconds from 0 to ${yearSeconds}, for example 7200`,
  'hemostat.max-retries': (text) =>
    /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= mostRetries
      ? { max_retries: Number(text) }
      : `a whole number from 1 to ${mostRetries}, for example 2`,
  'hemostat.min-confidence': (text) =>
    /^(0(\.\d+)?|1(\.0+)?)$/.test(text)
      ? { min_confidence: Number(text) }
      : 'a number from 0 to 1, for example 0.9',
  'hemostat.actions': (text) => {
    const names = text.split(',').map((name) => name.trim().toLowerCase());
    const actions = names.join() === 'none' ? [] : names;
    const read = limitsSchema.safeParse({ actions });
    return read.success && !actions.includes('none')
      ? { actions: [...new Set(actions)] }
      : 'names of actions separated by commas, for example restart,exec, or none';
  },
};

const yearSeconds = 365 * 24 * 3_600;
const mostRetries = 1_000;
const longestShown = 60;

/** What the labels ask for; undefined when they ask for nothing. */
export function limitsOf(labels: Readonly<Record<string, string>>): Limits | undefined {
  return tightest(
    Object.entries(labels).map(([label, text]) => {
      const name = label.toLowerCase().replaceAll('_', '-');
      const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
      if (!read) return undefined;
      const limits = read(text.trim());
      if (typeof limits !== 'string') return limits;
      return { unreadable: `${label} is ${JSON.stringify(text.slice(0, longestShown))}, not ${limits}` };
    }),
  );
}

/** Of each member the strictest; undefined when there is none. */
export function tightest(all: readonly (Limits | undefined)[]): Limits | undefined {
  const some = all.filter((each) => each !== undefined);
  if (some.length === 0) return undefined;
  const cooldowns = some.flatMap((each) => each.cooldown_seconds ?? []);
  const retries = some.flatMap((each) => each.max_retries ?? []);
  const confidences = some.flatMap((each) => each.min_confidence ?? []);
  const lists = some.flatMap(({ actions }) => (actions ? [actions] : []));
  const [first] = lists;
  const unreadable = some.find((each) => each.unreadable !== undefined)?.unreadable;
  return {
    ...(cooldowns.length > 0 ? { cooldown_seconds: Math.max(...cooldowns) } : {}),
    ...(retries.length > 0 ? { max_retries: Math.min(...retries) } : {}),
    ...(confidences.length > 0 ? { min_confidence: Math.max(...confidences) } : {}),
    ...(first ? { actions: first.filter((name) => lists.every((list) => list.includes(name))) } : {}),
    ...(unreadable === undefined ? {} : { unreadable }),
  };
}
