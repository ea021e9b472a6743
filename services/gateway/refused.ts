/**
 * What nobody can do is refused by safety, too, and not on the way to it: so its sender hears of it, it stands in the
 * audit under its principal, and it spends no budget.
 */
import type { SiteRules } from '#libs/actions/action';
import { actionNamed } from '#libs/actions/catalogue';
import { idFromKey } from '#libs/contracts/ids';
import { readableIn } from '#libs/contracts/inbox';
import { fingerprintOf } from '#libs/contracts/json';
import { invalidField } from '#libs/contracts/problem';
import { redact, shown } from '#libs/contracts/redact';
import { redactOutput } from '#libs/contracts/redact-output';
import { type Details, detailsSchema } from '#libs/contracts/scalars';
import { runbookNamed } from '#libs/runbooks/catalogue';
import { type Asking, fingerprintOfAsking, type Invalid } from './asking.ts';

const longestMessage = 2_000;
const mostErrors = 20;

type Refused = Pick<Asking, 'ask' | 'engine' | 'invalid'> & { readonly key: string | undefined };

/** As much of an invalid request as can be read; undefined where that is not enough to say what was wanted of what. */
export function refusedAsk(input: unknown, invalid: Invalid): Refused | undefined {
  const read = readableIn(input);
  if (!read) return undefined;
  const { engine, params, command, replicas, remediation_id: key, dry_run = false, ...rest } = read;
  const needsContainer = (runbookNamed(rest.action)?.container ?? 'named') === 'named';
  if (rest.container === undefined && needsContainer) return undefined;
  const given = {
    ...params,
    ...(command === undefined ? {} : { command }),
    ...(replicas === undefined ? {} : { replicas }),
  };
  return { ask: { ...rest, params: given, dry_run }, engine, invalid, key };
}

/**
 * The same request, unless nobody can do it. Then it has an id of its own, so that its key is free for the one that is put
 * right, and is without secrets: what nobody allowed may hold any.
 */
export function judged(asking: Asking, rules: SiteRules): Asking {
  const invalid = asking.invalid ?? denialOf(asking, rules);
  if (!invalid) return asking;
  const { action, params } = asking.ask;
  const clean = { action: redactOutput(action).slice(0, 64), params: cleaned(params) };
  const say = withoutHidden(JSON.stringify({ action, params }), JSON.stringify(clean));
  return {
    ...asking,
    id: idFromKey(asking.id, fingerprintOf([fingerprintOfAsking(asking), invalid.message])),
    ask: { ...asking.ask, ...clean },
    invalid: {
      message: say(invalid.message),
      errors: invalid.errors
        .slice(0, mostErrors)
        .map(({ field, message }) => ({ field, message: say(message) })),
    },
  };
}

/** The executor looks again, whoever asked. */
function denialOf({ ask }: Asking, rules: SiteRules): Invalid | undefined {
  const action = actionNamed(ask.action);
  const denial = action?.on === 'container' ? action.denies?.(ask.params, rules) : undefined;
  return denial && invalidField(`params.${denial.field}`, denial.message);
}

/** A list of words becomes one text: a flag and its password may be two of them. */
function cleaned(params: Details): Details {
  const clean: unknown = JSON.parse(JSON.stringify(redact(params)), (_, value: unknown) => {
    const words = Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');
    const text = words ? value.join(' ') : value;
    return typeof text === 'string' ? redactOutput(text) : text;
  });
  return detailsSchema.parse(clean);
}

/** For messages that quote what was given: a quoted word that was cleaned away is not shown there either. */
function withoutHidden(given: string, clean: string): (message: string) => string {
  const kept = new Set(wordsOf(clean));
  const hidden = wordsOf(given).filter((word) => !kept.has(word));
  return (message) =>
    message.slice(0, longestMessage).replaceAll(/"(?:[^"\\]|\\.)*(?:"|$)/g, (quoted) =>
      // A long word is quoted by its first 60 signs.
      hidden.some((word) => quoted.includes(word.slice(0, 60))) ? JSON.stringify(shown) : quoted,
    );
}

function wordsOf(json: string): readonly string[] {
  return json.split(/[\s"\\]+/).filter((word) => /\w/.test(word));
}
