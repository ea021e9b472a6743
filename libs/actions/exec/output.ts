import { redactOutput } from '#libs/contracts/redact-output';

/**
 * What a program printed, as text that may be kept and shown: no secrets, nothing that steers a terminal. `isCut`: its
 * last word may lack its end.
 */
export function cleanOutput(
  bytes: Uint8Array,
  mostBytes: number,
  isCut: boolean = bytes.length >= mostBytes,
): string {
  const text = plainText(bytes);
  return atMost(redactOutput(isCut ? withoutPartialWord(text) : text), mostBytes);
}

/** What `env -0` printed, as lines of names. What has no form of a name may be a part of a value. */
export function namesOnly(bytes: Uint8Array, hidden: string): string {
  const entries = new TextDecoder().decode(bytes).split('\0');
  return entries
    .flatMap((entry) => /^([A-Za-z_][A-Za-z0-9_.-]{0,127})=/.exec(entry)?.[1] ?? [])
    .filter((name) => name !== hidden)
    .map((name) => `${name}=(not shown)\n`)
    .join('');
}

// ESC begins what moves the cursor, sets colours or the title; BEL or ESC \ ends a title.
const esc = String.fromCharCode(27);
const bel = String.fromCharCode(7);
const terminalSequence = new RegExp(
  `${esc}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${bel}${esc}]{0,1024}(?:${bel}|${esc}\\\\)?|[@-_])`,
  'g',
);
const controlCharacter = /[^\P{Cc}\t\n]/gu;

function plainText(bytes: Uint8Array): string {
  return new TextDecoder()
    .decode(bytes)
    .replace(terminalSequence, '')
    .replace(/\r\n?/g, '\n')
    .replace(controlCharacter, '');
}

/** A secret of which the end is missing might not be known for one. */
function withoutPartialWord(text: string): string {
  const blank = Math.max(text.lastIndexOf(' '), text.lastIndexOf('\n'), text.lastIndexOf('\t'));
  return text.slice(0, blank + 1);
}

function atMost(text: string, mostBytes: number): string {
  const bytes = new TextEncoder().encode(text);
  return bytes.length <= mostBytes
    ? text
    : new TextDecoder().decode(bytes.subarray(0, mostBytes)).replace(/\uFFFD$/, '');
}
