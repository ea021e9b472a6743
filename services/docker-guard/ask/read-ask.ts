/**
 * Guarantee: what is passed on is written anew from what was understood here, never copied: the guard and the engine
 * cannot read one request in two ways. What could be read in two ways is refused.
 */
import { decisionHeader } from '#libs/contracts/decision-header';

/** The head of one request, taken apart. */
export type Ask = {
  readonly method: string;
  /** `v1.41`; undefined: none was named. */
  readonly version: string | undefined;
  /** As they were sent, each still encoded. */
  readonly segments: readonly string[];
  readonly query: Readonly<Record<string, string>>;
};
export type Head = {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
};

const longestUrl = 4_096;
/** Headers by which one request can be two, or become another protocol. */
const twoFaced = ['transfer-encoding', 'upgrade', 'expect', 'trailer', 'te', 'http2-settings'];
const once = ['content-length', 'content-type', 'host', 'connection', decisionHeader];

/** What is asked, or why that cannot be told for sure. Pure. */
export function readAsk({ method, url, httpVersion, rawHeaders }: Head): Ask | string {
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  const bad = names.find((name) => twoFaced.includes(name));
  if (bad !== undefined) return `a request with the header ${bad} is not passed on`;
  const twice = once.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) return `the header ${twice} stands there twice`;
  if (httpVersion !== '1.1') return `HTTP/${httpVersion} is not spoken here, only HTTP/1.1`;
  if (url.length > longestUrl) return `the path is longer than ${longestUrl} characters`;
  // Printable, and neither a fragment nor what some readers take for a slash.
  if (!/^\/[!$-.0-~/]*$/.test(url) || url.includes('\\')) return 'the path has a form that is not passed on';
  const [path = '', query, more] = url.split('?');
  if (more !== undefined) return 'the path has more than one question mark';
  const [first = '', ...rest] = path.slice(1).split('/');
  const version = /^v1\.\d{2}$/.test(first) ? first : undefined;
  const segments = version === undefined ? [first, ...rest] : rest;
  if (segments.some(isUnclear)) return 'a part of the path is empty, relative or oddly encoded';
  const parameters = readQuery(query);
  return typeof parameters === 'string' ? parameters : { method, version, segments, query: parameters };
}

function isUnclear(segment: string): boolean {
  if (!/^(?:[A-Za-z0-9._:@~-]|%[0-9A-Fa-f]{2})+$/.test(segment)) return true;
  const decoded = decodedText(segment);
  if (decoded === undefined || !/^[\x21-\x7e]+$/.test(decoded) || /[%\\?#]/.test(decoded)) return true;
  return decoded.split('/').some((part) => part === '' || part === '.' || part === '..');
}

function readQuery(text: string | undefined): Ask['query'] | string {
  if (text === undefined) return {};
  const query = new Map<string, string>();
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals);
    const value = decodedText(pair.slice(equals + 1).replaceAll('+', ' '));
    if (equals < 1 || !/^[a-z]+$/.test(name) || value === undefined)
      return 'a query parameter has an odd form';
    if (query.has(name)) return `the query parameter ${name} stands there twice`;
    query.set(name, value);
  }
  return Object.fromEntries(query);
}

function decodedText(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
