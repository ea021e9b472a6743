export const shown = '(not shown)';

const words =
  'passwords?|passwd|pwd|passphrases?|secrets?|tokens?|authorization|credentials?|cookies?|api[-_ ]?keys?|private[-_ ]?keys?|access[-_ ]?keys?|bearer';
const secretName = new RegExp(`(^|[-_. ])(${words})($|[-_. ])`, 'i');
const secretLastWord = new RegExp(`(^|[-_. ])(${words})$`, 'i');

// Texts come from anybody: every repetition is bounded, so that no text makes the search slow.
const itsValue =
  `\\\\{0,4}"?[ \\t]{0,8}[:=][ \\t]{0,8})(?!\\(not shown\\))` +
  `(\\\\{0,4}"(?:[^"\\\\]|\\\\(?!"[,}\\s]).){0,65536}\\\\{0,4}"?|(?:(?:Bearer|Basic) )?[^\\s,;}&"']{1,65536})`;
const secretInText = new RegExp(
  `((?:^|[^A-Za-z0-9])(?:[A-Za-z0-9]{1,40}[-_.]){0,4}(?:${words})(?:[-_.][A-Za-z0-9]{1,40}){0,4}${itsValue}`,
  'gi',
);
const secretInCamelCase = new RegExp(
  '((?:^|[^A-Za-z0-9])[A-Za-z0-9]{0,40}[a-z0-9]' +
    '(?:Passwords?|Passwd|Pwd|Passphrases?|Secrets?|Tokens?|Authorization|Credentials?|Cookies?|(?:Api|Private|Access)Keys?)' +
    itsValue,
  'g',
);
const bearer = /\b(Bearer|Basic) [A-Za-z0-9._~+/=-]{8,65536}/gi;
const urlCredentials = /([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:]{0,256}:[^\s/@]{1,512}@/gi;

/** Most texts hold nothing of the kind; this finds that out fast. */
const hint = /:\/\/|pass|pwd|secret|token|auth|credential|cookie|key|bearer|basic/i;

/** The same value with what stands under a secret's name left out, at any depth, and what looks like one in texts. */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const items = value.map(redact);
    return items.some((item, at) => item !== value[at]) ? items : value;
  }
  let changed: Record<string, unknown> | undefined;
  for (const [key, member] of Object.entries(value)) {
    const left = isSecret(key, member) ? shown : redact(member);
    // There hardly ever is a secret, so hardly ever a copy.
    if (left !== member) changed = { ...(changed ?? value), [key]: left };
  }
  return changed ?? value;
}

/** Leaves out what follows a secret's name, credentials in URLs, and bearer tokens. */
export function redactText(text: string): string {
  if (!hint.test(text)) return text;
  return text
    .replace(urlCredentials, `$1${shown}@`)
    .replace(bearer, `$1 ${shown}`)
    .replace(secretInText, `$1${shown}`)
    .replace(secretInCamelCase, `$1${shown}`);
}

/** A flag is no secret, and a number only right under the name (`pwd: 1234`, not `token_count: 3`). */
function isSecret(key: string, value: unknown): boolean {
  if (value === null || typeof value === 'boolean' || !hint.test(key)) return false;
  const name = key.replace(/([a-z0-9])([A-Z])/g, '$1_$2');
  return (typeof value === 'number' ? secretLastWord : secretName).test(name);
}
